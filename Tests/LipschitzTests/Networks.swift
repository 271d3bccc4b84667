import Foundation
import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// A random convolution of about unit gain, in single precision.
func convolution(
  _ name: String, _ channels: (Int, Int), kernel: Int = 3, stride: Int = 1, _ stream: RandomStream
) throws -> Stage {
  let stream = stream.stream(name)
  let scale = (2 / Double(channels.0 * kernel * kernel)).squareRoot()
  return Stage(
    name,
    .convolution(
      weight: try Tensor.normal([channels.1, channels.0, kernel, kernel], stream.stream("weight")) * scale,
      bias: try Tensor.normal([channels.1], stream.stream("bias")) * 0.1,
      geometry: .init(stride: stride, padding: kernel / 2)))
}

/// A post-activation residual network of 6·`depth` + 2 layers, norms folded.
func residualNetwork(
  width: Int, depth: Int, input: [Int], classes: Int = 10, seed: Int, branchScale: Double = 1
) throws -> DeployedNetwork {
  let stream = RandomStream(seed: UInt64(seed)).stream("network")
  var body = [
    Stage(
      "normalize",
      .normalize(
        mean: try Tensor([Float](repeating: 0.4, count: input[0]), [input[0]]),
        std: try Tensor((0..<input[0]).map { 0.25 + 0.05 * Float($0) }, [input[0]]))),
    try convolution("conv1", (input[0], width), stream), Stage("relu1", .relu),
  ]
  var channels = width
  for (group, factor) in [1, 2, 4].enumerated() {
    for index in 0..<depth {
      let (name, out) = ("layer\(group + 1).\(index)", width * factor)
      let stride = group > 0 && index == 0 ? 2 : 1
      let shortcut =
        channels == out && stride == 1
        ? [] : [try convolution("\(name).shortcut", (channels, out), kernel: 1, stride: stride, stream)]
      body += [
        Stage(
          name,
          .residual(
            shortcut: shortcut,
            branch: [
              try convolution("\(name).conv1", (channels, out), stride: stride, stream), Stage("\(name).relu", .relu),
              try convolution("\(name).conv2", (out, out), stream),
            ], branchScale: branchScale)),
        Stage("\(name).out", .relu),
      ]
      channels = out
    }
  }
  body.append(Stage("pool", .globalAveragePool))
  return DeployedNetwork(
    inputShape: input, body: body, headWeight: try Tensor.normal([classes, channels], stream.stream("head")),
    headBias: try Tensor.normal([classes], stream.stream("bias")))
}

/// Pixels → flatten → z = Wx + b, and nothing else.
func linearClassifier(_ weight: Tensor, _ bias: Tensor, input: [Int]) -> DeployedNetwork {
  DeployedNetwork(inputShape: input, body: [Stage("flatten", .flatten)], headWeight: weight, headBias: bias)
}

/// A network of linear layers without bias and ReLUs between them, from a fixture.
func perceptron(fixture name: String) throws -> DeployedNetwork {
  let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
  let file = try SafetensorsFile(contentsOf: folder.appendingPathComponent("\(name).safetensors"))
  let names = file.tensors.keys.filter { $0.hasSuffix(".weight") }.sorted {
    $0.count == $1.count ? $0 < $1 : $0.count < $1.count
  }
  let weights = try names.compactMap { try file.tensors[$0].map { try Tensor($0) } }
  return try perceptron(weights)
}

/// Linear layers with a ReLU between each two.
func perceptron(_ weights: [Tensor], relu: Bool = true) throws -> DeployedNetwork {
  var body: [Stage] = []
  for (index, weight) in weights.dropLast().enumerated() {
    body.append(Stage("linear\(index)", .linear(weight: weight, bias: nil)))
    if relu { body.append(Stage("relu\(index)", .relu)) }
  }
  let head = weights[weights.count - 1]
  return DeployedNetwork(
    inputShape: [weights[0].size(1)], body: body, headWeight: head,
    headBias: try .zeros([head.size(0)], dtype: head.dtype))
}

func sampleNorms(_ batch: Tensor) throws -> [Double] { try batch.flattened().norm(2, [1]).doubles() }
