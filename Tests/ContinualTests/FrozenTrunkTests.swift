import ImageData
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Continual

/// Beside a frozen trunk nothing of the trunk is differentiated: its parameters are constants of the graph.
@TorchActor @Suite struct FrozenTrunkTests {
  /// Two tasks of two classes.
  private func layout() throws -> OutputLayout {
    let data = try TemporaryFolder()
    try BarImages.write(to: data.url, train: 2, test: 1)
    return try OutputLayout(RunMaterial(.tiny(data.url), observer: SilentObserver()).stream, .task)
  }

  private func trunk() throws -> any Trunk {
    try NetworkDescription(width: 4).makeTrunk(
      inputShape: [1, 8, 8], statistics: PixelStatistics(mean: [0.5], std: [0.25]), stream: RandomStream(seed: 1))
  }

  private func models(_ kind: Configuration.Strategy.Kind, _ adapter: AdapterDescription.Kind) throws
    -> (TaskModels, Assignment)
  {
    let models = try TaskModels(trunk: trunk(), layout: layout(), device: .cpu)
    var training = Configuration.Training()
    training.epochs = 1
    let description = AdapterDescription(kind: adapter)
    let adaptation = TrunkAdaptation(
      trunkLearnsFirstTask: true, description: description, lengths: LessonLengths(training))
    let strategy: any LearningStrategy =
      kind == .adapters ? AdapterStrategy(adaptation) : SharedAdapterStrategy(adaptation)
    let stream = RandomStream(seed: 2)
    _ = try strategy.begin(.task(0, classCount: 2), models, stream: stream)
    try strategy.complete(.task(0, classCount: 2), models, stream: stream)
    return (models, try strategy.begin(.task(1, classCount: 2), models, stream: stream))
  }

  @Test(arguments: [Configuration.Strategy.Kind.adapters, .sharedAdapter], AdapterDescription.Kind.allCases)
  func adapterTrainingTakesNoTrunkGradient(
    kind: Configuration.Strategy.Kind, adapter: AdapterDescription.Kind
  ) throws {
    let (models, assignment) = try models(kind, adapter)
    let trunk = Members(of: models.trunk).parameters
    #expect(!trunk.isEmpty && trunk.values.allSatisfy { $0.isFrozen && !$0.value.requiresGradient })
    let trained = Set(assignment.parameters.values.map(ObjectIdentifier.init))
    #expect(trained.isDisjoint(with: trunk.values.map(ObjectIdentifier.init)))

    let pixels = try Tensor.uniform([6, 1, 8, 8], RandomStream(seed: 3).stream("x"))
    let features =
      try adapter == .side ? withoutGradients { try models.trunk.deployedFeatures().apply(pixels) } : pixels
    let loss = try assignment.learning.answers(features, [2, 3, 2, 3, 2, 3], .training, draws: nil).crossEntropy()
    // Every trained parameter is in the graph, and asking for one of the trunk's is an error: there is no such node.
    let values = assignment.parameters.values.map(\.value)
    #expect(try gradients(of: loss, withRespectTo: values).allSatisfy { $0 != nil })
    for (name, parameter) in trunk {
      let again = try assignment.learning.answers(features, [2, 3, 2, 3, 2, 3], .training, draws: nil).crossEntropy()
      #expect(throws: TorchError.self, "\(name)") {
        try gradients(of: again, withRespectTo: [parameter.value])
      }
    }
  }

  /// The counterpart, or the test above could not fail: fine-tuning differentiates the whole trunk.
  @Test func fineTuningTakesThem() throws {
    let models = try TaskModels(trunk: trunk(), layout: layout(), device: .cpu)
    let assignment = try FineTuning(LessonLengths(Configuration.Training())).begin(
      .task(0, classCount: 2), models, stream: RandomStream(seed: 2))
    let pixels = try Tensor.uniform([4, 1, 8, 8], RandomStream(seed: 3).stream("x"))
    let loss = try assignment.learning.answers(pixels, [0, 1, 0, 1], .training, draws: nil).crossEntropy()
    let trunk = Members(of: models.trunk).parameters.values.map(\.value)
    #expect(try gradients(of: loss, withRespectTo: trunk).allSatisfy { $0 != nil })
  }
}
