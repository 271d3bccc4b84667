import Foundation
import OrderedCollections
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor
@Suite struct SequentialWeightsTests {
  private func zeros(_ shape: [Int]) throws -> HostTensor {
    try HostTensor([Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
  }

  private func random(_ shape: [Int], _ name: String) throws -> HostTensor {
    try Tensor.normal(shape, RandomStream(seed: 1).stream(name)).host()
  }

  private func names(_ network: DeployedNetwork) -> [String] {
    network.stages.map { stage in
      switch stage.operation {
      case .linear: "linear \(stage.name)"
      case .convolution: "convolution \(stage.name)"
      case .relu: "relu \(stage.name)"
      case .flatten: "flatten"
      default: "?"
      }
    }
  }

  /// `Tools/oracles/mlp_sequential.py`: logits, loss and gradient that PyTorch computed.
  @Test func anMLPIsPyTorchs() throws {
    let (weights, golden) = try (Golden("mlp_sequential.weights"), Golden("mlp_sequential.golden"))
    for (dtype, tolerance) in [(DType.float64, 2e-7), (.float32, 2e-6)] {
      let network = try SequentialWeights(weights.file, path: "w", inputShape: [1, 6, 6], dtype: dtype).network
      #expect(names(network) == ["flatten", "linear 1", "relu 2", "linear head"])
      let images = try golden("images").to(dtype).asLeaf()
      let logits = try network.logits(images)
      let loss = try logits.crossEntropy(golden("labels"))
      try expectClose(logits, golden("logits"), within: tolerance, "logits")
      try expectClose(loss, golden("loss"), within: tolerance, "loss")
      try expectClose(
        gradients(of: loss, withRespectTo: [images])[0], golden("input_gradient"), within: tolerance, "gradient")
    }
  }

  /// LipSDP's networks: no biases, float64, no image shape.
  @Test func layersWithoutBias() throws {
    let weights: OrderedDictionary<String, HostTensor> = try [
      "0.weight": Tensor(random([10, 2], "0")).to(.float64).host(),
      "2.weight": Tensor(random([3, 10], "2")).to(.float64).host(),
    ]
    let network = try SequentialWeights(SafetensorsFile(tensors: weights), path: "w", dtype: nil).network
    #expect(network.inputShape == [2, 1, 1])
    #expect(try network.headWeight.dtype == .float64 && network.headBias.doubles() == [0, 0, 0])
    let x = try Tensor.normal([4, 2, 1, 1], RandomStream(seed: 2), dtype: .float64)
    let (first, second) = try (Tensor(#require(weights["0.weight"])), Tensor(#require(weights["2.weight"])))
    let expected = try x.reshaped([4, 2]).matmul(first.transposed()).relu().matmul(second.transposed())
    try expectClose(network.logits(x), expected, within: 1e-14)
    #expect(try SequentialWeights(SafetensorsFile(tensors: weights), path: "w").network.headWeight.dtype == .float32)
  }

  /// Sequential(Conv2d(2, 3, 3, stride 2, padding 1), ReLU, Conv2d(3, 4, 3), ReLU, Flatten, Linear, Linear).
  @Test func convolutions() throws {
    let weights: OrderedDictionary<String, HostTensor> = try [
      "5.weight": random([6, 4 * 2 * 2], "5"), "5.bias": random([6], "5b"), "0.weight": random([3, 2, 3, 3], "0"),
      "0.bias": random([3], "0b"), "2.weight": random([4, 3, 3, 3], "2"), "6.weight": random([5, 6], "6"),
    ]
    let geometries = ["0": ConvolutionGeometry(stride: 2, padding: 1), "2": ConvolutionGeometry()]
    let file = SafetensorsFile(tensors: weights)
    let network = try SequentialWeights(file, path: "w", inputShape: [2, 8, 7], geometries: geometries).network
    #expect(
      names(network) == ["convolution 0", "relu 1", "convolution 2", "relu 3", "flatten", "linear 5", "linear head"])
    func tensor(_ name: String) throws -> Tensor { try Tensor(#require(weights[name])) }
    let x = try Tensor.normal([3, 2, 8, 7], RandomStream(seed: 3))
    let expected = try x.conv2d(tensor("0.weight"), tensor("0.bias"), ConvolutionGeometry(stride: 2, padding: 1)).relu()
      .conv2d(tensor("2.weight")).relu().flattened().linear(tensor("5.weight"), tensor("5.bias"))
      .linear(tensor("6.weight"))
    try expectClose(network.logits(x), expected, within: 1e-5)

    // Without geometries: stride 1 and half the kernel as padding, so the features no longer fit.
    let error = #expect(throws: WeightsError.self) { try SequentialWeights(file, path: "w", inputShape: [2, 8, 7]) }
    #expect(error?.reason.contains("layer 5") == true)
  }

  @Test func gapsAreReadOrRefused() throws {
    func network(_ first: String, _ second: String, _ inputShape: [Int]? = nil) throws -> DeployedNetwork {
      let isConvolution = inputShape != nil
      return try SequentialWeights(
        SafetensorsFile(tensors: [
          "\(first).weight": zeros(isConvolution ? [4, 1, 3, 3] : [4, 9]),
          "\(second).weight": zeros([2, isConvolution ? 36 : 4]),
        ]), path: "w", inputShape: inputShape
      ).network
    }
    #expect(try names(network("0", "1")) == ["flatten", "linear 0", "linear head"])
    #expect(try names(network("1", "3")) == ["flatten", "linear 1", "relu 2", "linear head"])
    #expect(try names(network("0", "2", [1, 3, 3])) == ["convolution 0", "flatten", "linear head"])
    #expect(try names(network("0", "3", [1, 3, 3])) == ["convolution 0", "relu 1", "flatten", "linear head"])
    for (first, second) in [("0", "3"), ("2", "4"), ("1", "99999")] {
      #expect(throws: WeightsError.self, "\(first), \(second)") { try network(first, second) }
    }
    for (first, second) in [("0", "1"), ("0", "4"), ("1", "3")] {
      #expect(throws: WeightsError.self, "\(first), \(second)") { try network(first, second, [1, 3, 3]) }
    }
  }

  @Test func whatIsNotRecognisedIsRefused() throws {
    func expectFault(
      _ word: String, _ tensors: OrderedDictionary<String, HostTensor>, inputShape: [Int]? = nil,
      geometries: [String: ConvolutionGeometry] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) {
      let error = #expect(throws: WeightsError.self, sourceLocation: sourceLocation) {
        try SequentialWeights(
          SafetensorsFile(tensors: tensors), path: "some/file", inputShape: inputShape, geometries: geometries)
      }
      #expect(
        error?.description.hasPrefix("some/file: ") == true && error?.reason.contains(word) == true,
        "\(String(describing: error))", sourceLocation: sourceLocation)
    }
    let head = try zeros([2, 4])
    expectFault("no layers", [:])
    for key in [
      "conv1.weight", "0.running_mean", "weight", "00.weight", "-1.weight", "+1.weight", "0.weight.x", "1e3.weight",
      "99999999999999999999.weight", "0.", ".weight", "", "９.weight",
    ] {
      expectFault("no key", [key: head])
    }
    try expectFault("has shape [4]", ["0.weight": zeros([4]), "0.bias": zeros([4]), "1.weight": head])
    try expectFault("has shape [2, 2, 2]", ["0.weight": zeros([2, 2, 2])])
    try expectFault("'1.bias' has no weight", ["0.weight": head, "1.bias": zeros([2])])
    try expectFault("'0.bias' has shape [3]", ["0.weight": head, "0.bias": zeros([3])])
    try expectFault("empty", ["0.weight": zeros([0, 4])])
    try expectFault("real numbers", ["0.weight": HostTensor([Int64](repeating: 1, count: 4), shape: [2, 2])])
    try expectFault("different element types", ["0.weight": head, "0.bias": HostTensor([0.0, 0.0], shape: [2])])
    try expectFault("does not fit", ["0.weight": zeros([3, 5]), "2.weight": head])
    expectFault("does not fit", ["0.weight": head], inputShape: [1, 2, 3])
    try expectFault("last layer", ["0.weight": zeros([2, 1, 3, 3])], inputShape: [1, 6, 6])
    try expectFault("are needed", ["0.weight": zeros([4, 1, 1, 1]), "2.weight": head])
    try expectFault("does not fit", ["0.weight": head, "2.weight": zeros([4, 1, 1, 1]), "4.weight": head])
    let convolution: OrderedDictionary<String, HostTensor> = try [
      "0.weight": zeros([4, 1, 3, 3]), "2.weight": zeros([2, 4]),
    ]
    for shape in [[], [1, 1], [1, -1, 1], [0, 1, 1], [1, .max, .max]] {
      expectFault("channels, height and width", convolution, inputShape: shape)
    }
    expectFault("does not fit", convolution, inputShape: [2, 1, 1])
    let plain = ConvolutionGeometry()
    expectFault("does not fit", convolution, inputShape: [1, 1, 1], geometries: ["0": plain])
    expectFault("no convolution", convolution, inputShape: [1, 1, 1], geometries: ["2": plain])
    expectFault("no convolution", convolution, inputShape: [1, 1, 1], geometries: ["7": plain])
    for geometry in [
      ConvolutionGeometry(stride: 0), .init(stride: -1), .init(padding: -1), .init(padding: .max), .init(dilation: 0),
      .init(dilation: .max), .init(groups: 0), .init(groups: 3),
      .init(stride: [1], padding: [], dilation: [1], groups: 1),
    ] {
      expectFault("describes no convolution", convolution, inputShape: [1, 1, 1], geometries: ["0": geometry])
    }
    expectFault(
      "does not fit", convolution, inputShape: [1, 1 << 24, 1 << 24], geometries: ["0": .init(padding: 1 << 16)])
  }
}
