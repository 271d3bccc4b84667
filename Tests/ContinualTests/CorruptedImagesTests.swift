import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct CorruptedImagesTests {
  init() throws { try Torch.setThreads(1) }

  /// Images 2×2 of the levels 126 and 128: the class is which of the first two is brighter.
  private func benchmark(view: PixelView = .stored) throws -> TaskBenchmark {
    let labels = (0..<10).map { $0 % 2 }
    let images = try ImageSet(
      shape: ImageShape(height: 2, width: 2, channels: 1),
      pixels: labels.flatMap { $0 == 0 ? [128, 126, 126, 128] : [126, 128, 128, 126] as [UInt8] }, labels: labels,
      classes: ["left", "right"], paths: labels.indices.map { "\($0).png" })
    let all = TaskImages(images, of: [0, 1], view: view)
    return TaskBenchmark(
      task: ImageTask(name: "sides", classes: [0, 1], classNames: ["left", "right"], train: all, test: all),
      device: .cpu)
  }

  private func network() throws -> DeployedNetwork {
    try DeployedNetwork(
      inputShape: [1, 2, 2], body: [Stage("flatten", .flatten)],
      headWeight: Tensor([100, -100, 0, 0, -100, 100, 0, 0] as [Float], [2, 4]),
      headBias: Tensor([0, -0.1] as [Float], [2]))
  }

  private func records(
    _ kinds: [Degradation.Kind], _ severities: [Int], images: Int = 10, batchSize: Int = 4, seed: UInt64 = 1,
    view: PixelView = .stored, stopIfAsked: @escaping () throws -> Void = {}
  ) throws -> [CorruptionRecord] {
    try CorruptedImages(
      settings: .init(images: images, severities: severities, kinds: kinds), batchSize: batchSize,
      stream: RandomStream(seed: seed), stopIfAsked: stopIfAsked
    ).records(network(), benchmark(view: view))
  }

  /// Ten images are three batches: as they are, and at each severity.
  @Test func stopsBeforeAnyBatch() throws {
    var asked = 0
    _ = try records([.contrast], [1, 5], stopIfAsked: { asked += 1 })
    #expect(asked == 9)
    asked = 0
    #expect(throws: CancellationError.self) {
      try records(
        [.contrast], [1, 5],
        stopIfAsked: {
          asked += 1
          if asked == 5 { throw CancellationError() }
        })
    }
    #expect(asked == 5)
  }

  /// A fifth of a contrast of ±1 rounds to nothing: all images are the same, and what is answered is chance.
  @Test func constantImagesGiveChance() throws {
    let records = try records([.contrast], [1, 5])
    #expect(records.map(\.corruption) == ["none", "contrast"] && records.allSatisfy { $0.task == "sides" })
    #expect(records[0].counts == [Tally(correct: 10, n: 10)] && records[0].severities == [0])
    #expect(records[1].counts == [Tally(correct: 10, n: 10), Tally(correct: 5, n: 10)])
    #expect(records[1].severities == [1, 5] && records[1].note == nil)
  }

  /// ±1 less a quarter rounds to ±1.
  @Test func aCorruptionThatChangesNothingIsListed() throws {
    let records = try records([.contrast], [1])
    #expect(records[1].counts.isEmpty && records[1].note?.contains("changes no sample") == true)
    #expect(records.corruptions.isEmpty && records.leftOut.map(\.corruption) == ["contrast"])
    #expect(CorruptionError(records) == nil)
  }

  @Test func drawsAreTheSeedsAndNotTheBatches() throws {
    let first = try records([.gaussianNoise], [1, 3, 5])
    #expect(try records([.gaussianNoise], [1, 3, 5], batchSize: 100) == first)
    // Ten images of one bit each: among a few seeds some verdict differs.
    #expect(try (2..<8).contains { try records([.gaussianNoise], [1, 3, 5], seed: $0) != first })
    let other = try records([.impulseNoise, .gaussianNoise], [1, 3, 5])
    #expect(Array(other.suffix(1)) == Array(first.suffix(1)), "whatever else is looked at")
  }

  @Test func allKindsAreLookedAtWhereNoneIsNamed() throws {
    let records = try records([], [5], images: 4)
    #expect(records.map(\.corruption) == ["none"] + Degradation.Kind.allCases.map(\.rawValue))
    #expect(records.flatMap(\.counts).allSatisfy { $0.n == 4 })
    #expect(try self.records([], [5], images: 0).isEmpty)
  }

  /// What a task does to pixels comes after the corruption of what is stored: a permutation cannot change a corruption
  /// that looks at no neighbours.
  @Test func corruptionsComeBeforeTheTasksView() throws {
    let stored = try benchmark().images
    let permutation = PixelPermutation(height: 2, width: 2, stream: RandomStream(seed: 5))
    let seen = try benchmark(view: .permuted(permutation)).images
    let noise = try Degradation(.gaussianNoise, severity: 3)
    let places = Array(0..<10)
    var expected = try stored.gather(places, degradedBy: noise, RandomStream(seed: 2))
    #expect(try expected != stored.gather(places))
    try permutation.apply(to: &expected, shape: stored.shape)
    #expect(try seen.gather(places, degradedBy: noise, RandomStream(seed: 2)) == expected)
  }
}
