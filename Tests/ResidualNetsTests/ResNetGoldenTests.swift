import OrderedCollections
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

/// Residual networks against plain PyTorch (`Tools/oracles/resnet.py`): weights by name, then values, gradients and
/// running statistics. The references were computed in fp64 and stored as fp32, so that 2e-7 is all that fp64 can show;
/// fp32 is held to 2e-5, relative to the largest value of each tensor.
@TorchActor
@Suite struct ResNetGoldenTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let form: String
    let colour: String
    let dtype: DType
    let tolerance: Double
    var testDescription: String { "\(form) \(colour) \(dtype)" }
  }

  nonisolated static let cases = [
    ("pre", "gray"), ("pre", "rgb"), ("post", "gray"), ("post", "rgb"), ("highway", "rgb"),
  ].flatMap { form, colour in
    [
      Case(form: form, colour: colour, dtype: .float64, tolerance: 2e-7),
      Case(form: form, colour: colour, dtype: .float32, tolerance: 2e-5),
    ]
  }

  nonisolated static let blocks: [String: NetworkDescription.BlockKind] = [
    "pre": .preActivation, "post": .postActivation, "highway": .highway,
  ]

  private func load(_ subject: Case) throws -> (network: TaskNetwork, golden: Golden) {
    let network = try Self.load(subject.form, subject.colour)
    try network.mapTensors { try $0.to(subject.dtype) }
    return (network, try Golden("resnet_\(subject.form)_\(subject.colour).golden"))
  }

  /// The network of an oracle, in fp32.
  static func load(_ form: String, _ colour: String) throws -> TaskNetwork {
    let channels = colour == "gray" ? 1 : 3
    let description = try NetworkDescription(
      depth: 8, width: 4, block: #require(Self.blocks[form]), norm: .batch)
    let blank = PixelStatistics(
      mean: [Double](repeating: 0, count: channels), std: [Double](repeating: 1, count: channels))
    let trunk = try description.makeTrunk(
      inputShape: [channels, 12, 12], statistics: blank, stream: RandomStream(seed: 1))
    let head = try description.makeHead(
      features: trunk.featureCount, classCount: 3, stream: RandomStream(seed: 2))

    var (trunkState, headState): (OrderedDictionary<String, HostTensor>, OrderedDictionary<String, HostTensor>) = (
      [:], [:]
    )
    for (name, tensor) in try Golden("resnet_\(form)_\(colour).weights").file.tensors {
      if name.hasPrefix("fc.") {
        headState[String(name.dropFirst(3))] = tensor
      } else {
        trunkState[name] = tensor
      }
    }
    try trunk.load(trunkState)
    try head.load(headState)
    return TaskNetwork(trunk: trunk, adapter: nil, head: head)
  }

  /// PyTorch's name of a parameter.
  static func name(_ path: String) -> String {
    path.hasPrefix("head/") ? "fc." + path.dropFirst(5) : String(path.dropFirst(6))
  }

  private func compare(
    _ network: TaskNetwork, _ golden: Golden, _ mode: Mode, prefix: String, _ subject: Case
  ) throws {
    let images = try golden("images").to(subject.dtype).channelsLast().asLeaf()
    let labels = try golden("labels")
    let logits = try network.logits(images, mode)
    let loss = try logits.crossEntropy(labels)
    let parameters = network.allParameters
    let slopes = try gradients(of: loss, withRespectTo: [images] + parameters.values.map(\.value))
    let tolerance = subject.tolerance
    try expectClose(logits, golden(prefix + "logits"), within: tolerance, prefix + "logits")
    try expectClose(loss, golden(prefix + "loss"), within: tolerance, prefix + "loss")
    try expectClose(slopes[0], golden(prefix + "input_gradient"), within: tolerance, prefix + "input gradient")
    for (path, slope) in zip(parameters.keys, slopes.dropFirst()) {
      try expectClose(
        slope, golden("\(prefix)gradient.\(Self.name(path))"), within: tolerance, "\(prefix)gradient of \(path)")
    }
    #expect(parameters.count == golden.file.tensors.keys.count { $0.hasPrefix("\(prefix)gradient.") })
  }

  @Test(arguments: cases) func evaluation(subject: Case) throws {
    let (network, golden) = try load(subject)
    try compare(network, golden, .evaluation, prefix: "", subject)
    for (path, buffer) in Members(of: network.trunk).buffers {
      let stored = try Golden("resnet_\(subject.form)_\(subject.colour).weights")(path)
      try expectClose(buffer.value, stored, within: 0, "\(path) moved in evaluation")
    }
  }

  @Test(arguments: cases) func training(subject: Case) throws {
    let (network, golden) = try load(subject)
    try compare(network, golden, .training, prefix: "train.", subject)
    var compared = 0
    for (path, buffer) in Members(of: network.trunk).buffers where path.contains(".running_") {
      try expectClose(buffer.value, golden("train.buffer.\(path)"), within: subject.tolerance, path)
      compared += 1
    }
    #expect(compared == golden.file.tensors.keys.count { $0.hasPrefix("train.buffer.") })
  }

  @Test(arguments: cases) func deployed(subject: Case) throws {
    let (network, golden) = try load(subject)
    let deployed = try network.deployed()
    let images = try golden("images").to(subject.dtype).asLeaf()
    let logits = try deployed.logits(images)
    try expectClose(logits, golden("logits"), within: subject.tolerance, "logits")
    let slope = try gradients(of: logits.crossEntropy(golden("labels")), withRespectTo: [images])[0]
    try expectClose(slope, golden("input_gradient"), within: subject.tolerance, "input gradient")
    let shift = try #require(slope).sign() * (8.0 / 255)
    let adversarial = try (images.detached() + shift).clamped(0, 1)
    #expect(try (adversarial.to(.float64) - golden("fgsm")).abs().max().item() < 1e-7)
  }
}
