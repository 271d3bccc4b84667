import OrderedCollections
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

/// A vision transformer against plain PyTorch (`Tools/oracles/vit.py`, around `torch.nn.MultiheadAttention`): weights
/// by name, then values and gradients. The references were computed in fp64 and stored as fp32, so that 2e-7 is all
/// that fp64 can show; fp32 is held to 2e-5, relative to the largest value of each tensor.
@TorchActor
@Suite struct TransformerGoldenTests {
  nonisolated static let types: [(DType, Double)] = [(.float64, 2e-7), (.float32, 2e-5)]

  private func load(_ dtype: DType) throws -> (network: TaskNetwork, golden: Golden) {
    try Torch.setThreads(1)
    let description = NetworkDescription(architecture: .vit, depth: 2, width: 8, norm: .layer, heads: 2)
    let file = try Golden("vit.weights").file
    let network = try NetworkWeights(file, path: "vit", description: description, inputShape: [3, 8, 12]).network
    try network.mapTensors { try $0.to(dtype) }
    return (network, try Golden("vit.golden"))
  }

  @Test(arguments: types) func stateAfterState(dtype: DType, tolerance: Double) throws {
    let (network, golden) = try load(dtype)
    let passage = Passage(adapter: nil, mode: .evaluation)
    var h = try network.trunk.embed(golden("images").to(dtype), passage)
    try expectClose(h, golden("tokens"), within: tolerance, "tokens")
    let blocks = network.trunk.blocks
    #expect(blocks.map(\.site) == ["layers.0.attention", "layers.0.mlp", "layers.1.attention", "layers.1.mlp"])
    try expectClose(blocks[0].branch.forward(h, passage), golden("attention"), within: tolerance, "attention")
    for layer in 0..<2 {
      for block in blocks[2 * layer..<2 * layer + 2] { h = try block.forward(h, passage) }
      try expectClose(h, golden("layer.\(layer)"), within: tolerance, "layer \(layer)")
    }
  }

  /// Also in training, since nothing in this network tells the two apart.
  @Test(arguments: types, [Mode.evaluation, .training])
  func logitsAndGradients(type: (DType, Double), mode: Mode) throws {
    let (dtype, tolerance) = type
    let (network, golden) = try load(dtype)
    let images = try golden("images").to(dtype).asLeaf()
    let logits = try network.logits(images, mode)
    let loss = try logits.crossEntropy(golden("labels"))
    let parameters = network.allParameters
    let slopes = try gradients(of: loss, withRespectTo: [images] + parameters.values.map(\.value))
    try expectClose(logits, golden("logits"), within: tolerance, "logits")
    try expectClose(loss, golden("loss"), within: tolerance, "loss")
    try expectClose(slopes[0], golden("input_gradient"), within: tolerance, "input gradient")
    for (path, slope) in zip(parameters.keys, slopes.dropFirst()) {
      let name = path.hasPrefix("head/") ? "fc." + path.dropFirst(5) : String(path.dropFirst(6))
      try expectClose(slope, golden("gradient.\(name)"), within: tolerance, "gradient of \(path)")
    }
    #expect(parameters.count == golden.file.tensors.keys.count { $0.hasPrefix("gradient.") })
  }

  @Test(arguments: types) func deployed(dtype: DType, tolerance: Double) throws {
    let (network, golden) = try load(dtype)
    let images = try golden("images").to(dtype).channelsLast().asLeaf()
    let logits = try network.deployed().logits(images)
    try expectClose(logits, golden("logits"), within: tolerance, "logits")
    let slope = try gradients(of: logits.crossEntropy(golden("labels")), withRespectTo: [images])[0]
    try expectClose(slope, golden("input_gradient"), within: tolerance, "input gradient")
  }
}
