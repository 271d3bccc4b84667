import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// What a vision transformer computes, however it is built.
@TorchActor
@Suite struct TransformerTests {
  @Test(arguments: TransformerCases.all) func theDeployedNetworkIsTheSame(subject: NetworkCase) throws {
    for seed in 1...3 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed)
      let network = try subject.makeRandom(stream)
      for (dtype, tolerance) in [(DType.float32, 1e-4), (.float64, 1e-10)] {
        try network.mapTensors { try $0.to(dtype) }
        let pixels = try subject.pixels(5, stream, dtype: dtype)
        let expected = try withoutGradients { try network.logits(pixels, .evaluation) }
        let deployed = try network.deployed()
        try expectClose(deployed.logits(pixels), expected, within: tolerance, "seed \(seed), \(dtype)")
        let other = try deployed.mappingTensors { try $0.to(.float64) }
        #expect(try other.logits(pixels.to(.float64)).dtype == .float64)
      }
    }
  }

  /// Central differences along a random direction of the pixels and of every parameter, in double precision.
  @Test(arguments: TransformerCases.all) func gradientsEqualFiniteDifferences(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 7)
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    let pixels = try subject.pixels(4, stream).asLeaf()
    let labels = try Tensor(indices: [0, 1, 2, 1])
    func loss() throws -> Tensor {
      try network.logits(pixels, .training, draws: stream.stream("draws")).crossEntropy(labels)
    }
    let tensors = [("pixels", pixels)] + network.allParameters.map { ($0.key, $0.value.value) }
    let slopes = try gradients(of: loss(), withRespectTo: tensors.map(\.1))
    var dependencies = 0
    for ((path, tensor), slope) in zip(tensors, slopes) {
      let direction = try Tensor.normal(tensor.shape, stream.stream(path), dtype: .float64)
      let unit = try direction / direction.norm()
      let analytic = try slope.map { try ($0 * unit).sum().item() } ?? 0
      let base = try tensor.detached().clone()
      func value(_ shift: Double) throws -> Double {
        try tensor.assign(base + unit * shift)
        defer { _ = try? tensor.assign(base) }
        return try withoutGradients { try loss().item() }
      }
      let step = 1e-6
      let numeric = try (value(step) - value(-step)) / (2 * step)
      #expect(abs(numeric - analytic) <= 2e-6 * max(1e-2, abs(numeric)), "\(path): \(analytic), not \(numeric)")
      if abs(numeric) > 1e-9 { dependencies += 1 }
    }
    // Under an adapter the trunk's norms and biases are replaced; a branch that is left out matters to nothing.
    if !subject.withAdapter, subject.description.survival == 1 { #expect(dependencies == tensors.count) }
  }

  /// Without positions a permutation of the patches permutes the tokens through every block and leaves the logits
  /// alone; with positions it does not.
  @Test(arguments: TransformerCases.all.filter { $0.description.readout == .pooled })
  func permutedPatchesPermuteTokens(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 3)
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    let pixels = try subject.pixels(3, stream)
    let patch = subject.description.patch
    let tokens = subject.description.tokenCount(inputShape: subject.inputShape)
    // A rotation by two is not its own inverse unless there are four tokens.
    let order = try Tensor(indices: (0..<tokens).map { ($0 + 2) % tokens })
    let permuted = try permutingPatches(of: pixels, order, patch: patch)
    func states(_ pixels: Tensor) throws -> (tokens: Tensor, logits: Tensor) {
      try withoutGradients {
        let passage = Passage(adapter: network.adapter, mode: .evaluation)
        let first = try network.trunk.embed(pixels, passage)
        let h = try network.trunk.blocks.reduce(first) { try $1.forward($0, passage) }
        return (h, try network.logits(pixels, .evaluation))
      }
    }
    #expect(try relativeDistance(states(permuted).logits, states(pixels).logits) > 1e-6, "positions matter")
    let positions = try #require(Members(of: network.trunk).parameters["pos_embedding"])
    #expect(positions.value.shape == [tokens, subject.description.width])
    try positions.value.assign(positions.value.zerosLike())
    let (plain, moved) = try (states(pixels), states(permuted))
    try expectClose(moved.tokens, plain.tokens.selecting(1, order), within: 1e-11, "tokens")
    try expectClose(moved.logits, plain.logits, within: 1e-11, "logits")
  }

  /// Patch number `order[t]` in the place of patch t.
  private func permutingPatches(of pixels: Tensor, _ order: Tensor, patch: Int) throws -> Tensor {
    let (n, c, rows, columns) = (pixels.size(0), pixels.size(1), pixels.size(2) / patch, pixels.size(3) / patch)
    return try pixels.reshaped([n, c, rows, patch, columns, patch]).permuted([0, 2, 4, 1, 3, 5])
      .reshaped([n, rows * columns, c, patch, patch]).selecting(1, order)
      .reshaped([n, rows, columns, c, patch, patch]).permuted([0, 3, 1, 4, 2, 5]).reshaped(pixels.shape)
  }

  /// Attention lets every token see every other; the MLP sees its own alone.
  @Test func attentionIsGlobalAndTheMLPIsNot() throws {
    let subject = NetworkCase(description: TransformerCases.usual, inputShape: [2, 8, 12])
    let stream = RandomStream(seed: 4)
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    let passage = Passage(adapter: nil, mode: .evaluation)
    for block in network.trunk.blocks {
      let h = try Tensor.normal([1, 6, 8], stream.stream(block.site), dtype: .float64).asLeaf()
      let first = try block.branch.forward(h, passage).narrowed(1, from: 0, count: 1).squared().sum()
      let slope = try #require(try gradients(of: first, withRespectTo: [h])[0])
      let reached = try slope.norm(2, [2]).doubles().map { $0 > 1e-9 }
      #expect(reached == (0..<6).map { block.site.hasSuffix("attention") || $0 == 0 }, "\(block.site)")
    }
  }

  /// With one head and keys that are all equal, attention is the mean of the values; with one key far along the query
  /// it is that key's value.
  @Test func attentionInClosedForm() throws {
    let stream = RandomStream(seed: 5)
    let (queries, values) = try (
      Tensor.normal([2, 5, 3], stream.stream("q"), dtype: .float64),
      Tensor.normal([2, 5, 3], stream.stream("v"), dtype: .float64)
    )
    func attention(_ queries: Tensor, _ keys: Tensor) throws -> Tensor {
      try Tensor.concatenated([queries, keys, values], 2).selfAttention(heads: 1)
    }
    let equal = try Tensor.full(0.7, [2, 5, 3], dtype: .float64)
    let mean = try values.mean([1], keepingDimensions: true).expanded([2, 5, 3])
    try expectClose(attention(queries, equal), mean, within: 1e-14, "equal keys")
    let ones = try Tensor.ones([2, 5, 3], dtype: .float64)
    let chosen = try Tensor([0, 0, 1000, 0, 0] as [Double], [1, 5, 1]).expanded([2, 5, 3])
    let third = try values.narrowed(1, from: 2, count: 1).expanded([2, 5, 3])
    try expectClose(attention(ones, chosen), third, within: 1e-14, "one key")
    // Queries of ones and a key whose features sum to log 3 · √3 have the score log 3: weights 1, 1, 3, 1, 1 of 7.
    let feature = 1.0986122886681098 / 3.0.squareRoot()
    let weighted = try Tensor([0, 0, feature, 0, 0], [1, 5, 1])
    let expected = try (mean * 5 + third * 2) / 7
    try expectClose(attention(ones, weighted.expanded([2, 5, 3])), expected, within: 1e-13, "weights by 1/√d")
  }

  /// Branches whose last layer starts at zero: the network starts as its identity path.
  @Test(arguments: [NetworkDescription.Initialization.zero, .fixup, .automatic])
  func zeroStart(initialization: NetworkDescription.Initialization) throws {
    var subject = NetworkCase(description: TransformerCases.usual, inputShape: [2, 8, 12])
    subject.description.initialization = initialization
    let network = try subject.make(RandomStream(seed: 6))
    let passage = Passage(adapter: nil, mode: .evaluation)
    let first = try network.trunk.embed(subject.pixels(3, RandomStream(seed: 6), dtype: .float32), passage)
    for block in network.trunk.blocks {
      let same = try block.forward(first, passage).equal(first).allTrue()
      #expect(same == (initialization != .automatic), "\(block.site)")
    }
  }
}
