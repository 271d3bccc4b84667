import Foundation
import ImageData
import RandomStreams
import Results
import Robustness
import Testing
import TorchCore

@testable import Continual
@testable import ResidualNets

@TorchActor @Suite struct AdapterKindTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  @Test(arguments: [
    AdapterDescription(kind: .series), .init(rank: 2, budget: 0.5), .init(kind: .side), .init(kind: .side, budget: 0.5),
  ])
  func everyKindForgetsNothingAndVerifies(adapter: AdapterDescription) throws {
    let folder = runs.url.appending(path: "run")
    let results = try Experiment.train(
      .tiny(data.url) {
        $0.strategy.adapter = adapter
        $0.training.augmentation.mixup = 0.2
      }, in: folder)
    let clean = try #require(results.accuracy(of: .clean(.taskAware)))
    #expect(clean.accuracy[0, 0] == clean.accuracy[1, 0])
    #expect(try #require(clean.accuracy[1, 1]) > 0.8, "the bars are easy")
    #expect(results.metrics(of: .clean(.taskAware))?.forgetting == 0)
    #expect(results.nonForgetting?.verified == true)
    #expect(results.consistency?.violations.isEmpty == true)
    // Features 16, two classes; the first task of a side adapter has its head alone.
    let head = 2 * 16 + 2
    if adapter.kind == .side {
      let norm = adapter.budget == nil ? 2 * 16 : 0
      #expect(results.parameters.perTask == [head, head + 2 * 2 * 8 * 16 + norm])
    }
    #expect(results.parameters.spatial == 9 * (4 + 16 + 16 + 32 + 64 + 128 + 256))
    let verification = try Experiment.verify(folder)
    #expect(verification.passed, "\(verification)")

    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    let trunks = try store.entries().filter { $0.step == nil }.map { try store.read($0).files["trunk"] }
    #expect(trunks.count == 2 && trunks.first == trunks.last, "the frozen bytes are the same")
  }

  /// The trunk is deployed once a lesson, and never runs in a training step.
  @Test func sideTrainingNeverCallsTheTrunk() throws {
    let configuration = try Configuration.tiny(data.url) { $0.strategy.adapter.kind = .side }
    let material = try RunMaterial(configuration, observer: SilentObserver())
    let stream = RandomStream(seed: 5)
    let trunk = CountingTrunk(try material.makeTrunk(configuration, stream: stream, observer: SilentObserver()))
    let layout = try OutputLayout(material.stream, .task)
    let models = try TaskModels(trunk: trunk, layout: layout, device: .cpu)
    let strategy = AdapterStrategy(
      TrunkAdaptation(
        trunkLearnsFirstTask: false, description: configuration.strategy.adapter,
        lengths: LessonLengths(configuration.training)))
    let lesson = Lesson.task(0, classCount: 2)
    let assignment = try strategy.begin(lesson, models, stream: stream)
    let before = try trunk.state()
    let images = layout.images(of: 0..<1, in: material.stream)
    let order = BatchOrder(indices: Array(0..<images.count), batchSize: 8, shuffle: stream, dropLast: true)
    var progress = LessonProgress()
    let optimizer = try configuration.training.optimizer.makeOptimizer(for: assignment.parameters)
    let rehearsal = Rehearsal(
      images: images, place: { $0 }, augmentation: configuration.training.augmentation, device: .cpu)
    try Trainer(settings: configuration.training, strategy: strategy, rehearsal: rehearsal).train(
      lesson, assignment, optimizer, on: LessonMaterial(images: images, order: order), stream: stream,
      progress: &progress,
      afterEpoch: { _ in }, afterStep: { _ in })
    #expect(progress.step == assignment.epochs * order.batchCount && progress.step > 10)
    #expect(trunk.deployments == 1)
    #expect(trunk.passes == 0)
    #expect(try trunk.state() == before)
    // The count would see it.
    _ = try models.network(for: 0).logits(rehearsal.inputs([0, 1], nil).inputs, .training)
    #expect(trunk.passes == 1)
  }

  @Test func changingImagesIsRefusedBeforeAnythingIsWritten() throws {
    let folder = runs.url.appending(path: "run")
    let configuration = try Configuration.tiny(data.url) {
      $0.strategy.adapter.kind = .side
      $0.training.augmentation.flip = true
    }
    let error = #expect(throws: RunError.self) { try Experiment.train(configuration, in: folder) }
    #expect(error?.description.contains("training.augmentation") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  /// A side path without a budget has a batch norm, and one image no variance.
  @Test func oneImageAtATimeNeedsABudget() throws {
    let folder = runs.url.appending(path: "run")
    func configuration(_ change: (inout Configuration) -> Void) throws -> Configuration {
      try .tiny(data.url) {
        $0.strategy.adapter.kind = .side
        $0.training.batchSize = 1
        ($0.training.trunkEpochs, $0.training.epochs) = (1, 1)
        change(&$0)
      }
    }
    let error = #expect(throws: RunError.self) { try Experiment.train(configuration { _ in }, in: folder) }
    for part in ["training.batchSize to 2", "strategy.adapter.budget"] {
      #expect(error?.description.contains(part) == true, "\(String(describing: error))")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path))
    let results = try Experiment.train(configuration { $0.strategy.adapter.budget = 0.5 }, in: folder)
    #expect(results.nonForgetting?.verified == true)
  }

  @Test func tooManyFeaturesAreRefusedByTheirSize() throws {
    try FeatureLearning.requireRoom(images: 1 << 20, features: 1 << 10)
    let error = #expect(throws: RunError.self) {
      try FeatureLearning.requireRoom(images: 60_000, features: 32_768)
    }
    #expect(error?.description.contains("8.0 GiB") == true)
  }
}

/// A trunk that counts how often it runs.
private final class CountingTrunk: Trunk {
  private let trunk: any Trunk
  private(set) var passes = 0
  private(set) var deployments = 0

  init(_ trunk: any Trunk) { self.trunk = trunk }

  var description: NetworkDescription { trunk.description }
  var inputShape: [Int] { trunk.inputShape }
  var featureCount: Int { trunk.featureCount }
  var blocks: [any Block] { trunk.blocks }
  var otherConvolutions: [Conv2d] { trunk.otherConvolutions }
  var otherLinears: [Linear] { trunk.otherLinears }
  var otherNorms: [any Norm] { trunk.otherNorms }

  func embed(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    passes += 1
    return try trunk.embed(pixels, passage)
  }

  func readout(_ h: Tensor, _ passage: Passage) throws -> Tensor { try trunk.readout(h, passage) }

  func deployedEmbedding(_ passage: Passage) throws -> [Stage] {
    deployments += 1
    return try trunk.deployedEmbedding(passage)
  }

  func deployedReadout(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    try trunk.deployedReadout(passage)
  }

  func visit(_ members: inout Members) { members.include(trunk) }
}
