import ImageData
import RandomStreams
import ResidualNets
import Robustness
import Testing
import TorchCore

@testable import Continual

/// The task-agnostic readout as a network that can be attacked.
@TorchActor @Suite struct JointReadoutTests {
  init() throws { try Torch.setThreads(1) }

  /// Its largest logit is the class that the readout answers: for every scoring, heads of different size, and classes
  /// that several tasks have.
  @Test(arguments: 0..<6, ["entropy", "energy", "logit", "feature-mean", "gate"])
  func theLargestLogitIsTheAnswer(seed: UInt64, rule: String) throws {
    let stream = RandomStream(seed: seed)
    let dimensions = 5
    let networks = try [2, 3, 1].enumerated().map { task, count in
      try Self.network(
        Tensor.normal([count, dimensions], stream.stream("weight").stream(task)) * 3,
        Tensor.normal([count], stream.stream("bias").stream(task)))
    }
    let statistics = try (0..<3).map { task in
      let features =
        try Tensor.normal([20, dimensions], stream.stream("f").stream(task), dtype: .float64) + Double(task)
      let statistics = try FeatureStatistics(classes: 2, features: dimensions)
      try statistics.measure { try $0(features, (0..<20).map { $0 % 2 }) }
      return statistics
    }
    let features = try FrozenFeatures(trunk: [Stage("flatten", .flatten)], device: .cpu)
    let scoring: any TaskScoring =
      switch rule {
      case "entropy": EntropyScoring()
      case "energy": EnergyScoring()
      case "logit": LogitScoring()
      case "feature-mean": try FeatureMeanScoring(features, PooledStatistics(statistics))
      default: try GateScoring(features, PooledStatistics(statistics), stream: stream)
      }
    let pixels = try Tensor.uniform([100, 1, 1, dimensions], stream.stream("pixels"))
    for classes in [[[4, 0], [1, 2, 3], [5]], [[1, 0], [2, 1, 0], [2]]] {
      let readout = TaskAgnosticReadout(
        networks: DeployedNetworks(networks), classes: classes, scoring: scoring, tellsTasksApart: true)
      let joint = JointReadout(readout, scoring)
      #expect(joint.classes == Array(0..<joint.classCount) && joint.inputShape == [1, 1, dimensions])
      let logits = try withoutGradients { try joint.logits(pixels) }
      #expect(logits.shape == [100, joint.classCount])
      let found = try logits.argmax(1).integers().map { joint.classes[$0] }
      let expected = try readout.answers(pixels, scoring).map { try #require($0.class) }
      #expect(found == expected, "seed \(seed), \(rule), classes \(classes)")
      #expect(try logits.max([1]).doubles().allSatisfy { $0 == 0 }, "it is shifted to the answer")
    }
  }

  /// With the largest logit as the score it is the logits of all heads, shifted.
  @Test func largestLogitsGiveTheLogitsThemselves() throws {
    let stream = RandomStream(seed: 3)
    let networks = try [2, 3].enumerated().map { task, count in
      try Self.network(
        Tensor.normal([count, 4], stream.stream(task)), Tensor.normal([count], stream.stream("bias").stream(task)))
    }
    let pixels = try Tensor.uniform([9, 1, 1, 4], stream.stream("pixels"))
    let readout = TaskAgnosticReadout(
      networks: DeployedNetworks(networks), classes: [[0, 1], [2, 3, 4]], scoring: LogitScoring(), tellsTasksApart: true
    )
    let all = try Tensor.concatenated(networks.map { try $0.logits(pixels) }, 1)
    let joint = JointReadout(readout, LogitScoring())
    let found = try joint.logits(pixels)
    let difference = try (found.logSoftmax(1) - all.logSoftmax(1)).abs().max().item()
    #expect(difference < 1e-5)
    #expect(try (0..<5).map(joint.output) == Array(0..<5))
    #expect(throws: RunError.unusable(reason: "class 5 of the stream is of no task that the readout knows")) {
      try joint.output(of: 5)
    }
  }

  /// The gradient that attacks follow, against differences of the loss.
  @Test(arguments: ["entropy", "energy"]) func itsGradientIsThatOfFiniteDifferences(rule: String) throws {
    let stream = RandomStream(seed: 11)
    let networks = try [2, 3].enumerated().map { task, count in
      try Self.network(
        Tensor.normal([count, 4], stream.stream(task)), Tensor.normal([count], stream.stream("bias").stream(task)))
    }
    let scoring: any TaskScoring = rule == "entropy" ? EntropyScoring() : EnergyScoring()
    let joint = JointReadout(
      TaskAgnosticReadout(
        networks: DeployedNetworks(networks), classes: [[0, 1], [2, 3, 4]], scoring: scoring, tellsTasksApart: true),
      scoring)
    let label = try Tensor(indices: [1])
    let point = [0.3, 0.6, 0.2, 0.8]
    func loss(_ values: [Double]) throws -> Double {
      try joint.logits(Tensor(values.map(Float.init), [1, 1, 1, 4])).to(.float64).crossEntropy(label).item()
    }
    let leaf = try Tensor(point.map(Float.init), [1, 1, 1, 4]).asLeaf()
    let found = try #require(
      try gradients(of: joint.logits(leaf).crossEntropy(label), withRespectTo: [leaf])[0]
    ).doubles()
    for place in point.indices {
      var (up, down) = (point, point)
      up[place] += 1e-2
      down[place] -= 1e-2
      let expected = try (loss(up) - loss(down)) / 2e-2
      #expect(abs(found[place] - expected) < 2e-3 * max(1, abs(expected)), "\(rule), pixel \(place)")
    }
  }

  /// x ↦ W x + b over flattened pixels 1×1×d.
  private static func network(_ weight: Tensor, _ bias: Tensor) throws -> DeployedNetwork {
    DeployedNetwork(
      inputShape: [1, 1, weight.size(1)], body: [Stage("flatten", .flatten)], headWeight: weight, headBias: bias)
  }
}
