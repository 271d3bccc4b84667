import OrderedCollections
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

/// What is frozen keeps its bytes: parameters, running statistics and the vectors of power iteration.
@TorchActor
@Suite struct FreezingTests {
  nonisolated static let cases = NetworkCase.all.filter { $0.withAdapter && $0.description.readout == .pooled }

  /// One for each thing that could move: statistics, vectors of power iteration, gates, branches that are left out,
  /// fixed shortcuts.
  nonisolated static let long = cases.filter { subject in
    let it = subject.description
    guard it.architecture == .resnet, it.depth == 8 else { return false }
    return it.block == .highway && it.norm == .batch || it.survival < 1 || it.shortcut == .orthonormal
      || it.branchBudget != nil && it.block == .preActivation
  }

  private func train(_ network: TaskNetwork, _ subject: NetworkCase, steps: Int, trunkToo: Bool) throws {
    let stream = RandomStream(seed: 4)
    let parameters = network.allParameters.filter { trunkToo || !$0.key.hasPrefix("trunk/") }
    let optimizer = try OptimizerDescription(kind: .sgd, momentum: 0.9, weightDecay: 0.05).makeOptimizer(
      for: parameters)
    let labels = try Tensor(indices: [0, 1, 2, 1])
    for step in 0..<steps {
      let pixels = try subject.pixels(4, stream.stream(step), dtype: .float32)
      try optimizer.minimize(network.trainingLogits(pixels, step: step).crossEntropy(labels), rate: 0.01)
    }
  }

  @Test(arguments: cases) func aFrozenTrunkKeepsItsBytes(subject: NetworkCase) throws {
    try check(subject, steps: 4)
  }

  @Test(arguments: long) func aFrozenTrunkKeepsItsBytesForLong(subject: NetworkCase) throws {
    try check(subject, steps: 100)
  }

  private func check(_ subject: NetworkCase, steps: Int) throws {
    let network = try subject.makeRandom(RandomStream(seed: 3))
    try network.trunk.freeze()
    #expect(network.trunk.trainableParameters.isEmpty)
    let (trunk, adapter, head) = try (network.trunk.state(), network.adapter?.state(), network.head.state())
    try train(network, subject, steps: steps, trunkToo: true)
    #expect(try network.trunk.state() == trunk)
    #expect(try network.adapter?.state() != adapter)
    #expect(try network.head.state() != head)
    #expect(
      try network.logits(subject.pixels(2, RandomStream(seed: 9), dtype: .float32), .evaluation).isFinite().allTrue())
  }

  /// The test above can fail: each of these tensors moves in a trunk that is not frozen.
  @Test(arguments: cases) func anUnfrozenTrunkMoves(subject: NetworkCase) throws {
    var subject = subject
    subject.withAdapter = false
    let network = try subject.makeRandom(RandomStream(seed: 3))
    let before = try network.trunk.state()
    let fixed = Set(Members(of: network.trunk).parameters.filter { $0.value.isFrozen }.keys)
    try train(network, subject, steps: 3, trunkToo: true)
    for (path, tensor) in try network.trunk.state() where !path.hasPrefix("normalize.") {
      #expect((tensor == before[path]) == fixed.contains(path), "\(path)")
    }
    // What is settled from the start are the shortcuts that are not learned, and nothing else.
    let isFixed = subject.description.shortcut != .projection
    #expect(fixed == (isFixed ? ["layer2.0.downsample.0.weight", "layer3.0.downsample.0.weight"] : []))
  }

  /// Not asking for gradients is not freezing: statistics run on.
  @Test func statisticsMoveWithoutFreezing() throws {
    for subject in NetworkCase.kinds where subject.description.norm == .batch {
      let network = try subject.makeRandom(RandomStream(seed: 3))
      let before = try network.trunk.state()
      try train(network, subject, steps: 1, trunkToo: false)
      let after = try network.trunk.state()
      let moved = after.filter { $0.value != before[$0.key] }.keys
      #expect(!moved.isEmpty && moved.allSatisfy { $0.contains("running_") })
    }
  }

  /// A norm pinned in training mode uses what it has learned, so that training sees what evaluation will.
  @Test func aFrozenNetworkIsTheSameInBothModes() throws {
    for subject in NetworkCase.all {
      let network = try subject.makeRandom(RandomStream(seed: 3))
      for (_, module) in network.parts { try module.freeze() }
      let pixels = try subject.pixels(4, RandomStream(seed: 1), dtype: .float32)
      let logits = try network.trainingLogits(pixels)
      // Branches are left out also where nothing learns.
      let isSame = try logits.host() == network.logits(pixels, .evaluation).host()
      #expect(isSame == (subject.description.survival == 1), "\(subject.testDescription)")
    }
  }

  @Test func mappingKeepsFrozenness() throws {
    let subject = NetworkCase(description: .init(width: 2))
    let network = try subject.makeRandom(RandomStream(seed: 3))
    try network.trunk.freeze()
    try network.mapTensors { try $0.to(.float64) }
    #expect(network.trunk.trainableParameters.isEmpty)
    #expect(network.head.trainableParameters.count == 2)
    #expect(Members(of: network.trunk).buffers.values.allSatisfy { $0.isPinned })
  }
}
