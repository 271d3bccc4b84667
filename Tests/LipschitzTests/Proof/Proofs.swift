import RandomStreams
import ResidualNets
import TorchCore

@testable import Lipschitz

/// A network, images, and an honest certificate of both.
@TorchActor struct Proof {
  let network: DeployedNetwork
  let pixels: Tensor
  let labels: [Int]
  let claim: NetworkClaim

  /// - Parameter count: of random images, labelled as the network sees them but for every fifth.
  init(_ network: DeployedNetwork, seed: Int, count: Int = 10) throws {
    self.network = network
    let stream = RandomStream(seed: UInt64(seed)).stream("proof")
    let pixels = try Tensor.uniform([count] + network.inputShape, stream).to(network.headWeight.dtype)
    self.pixels = pixels
    let classes = network.classCount
    labels = try withoutGradients { try network.logits(pixels).argmax(1).integers() }
      .enumerated().map { $0 % 5 == 4 ? ($1 + 1) % classes : $1 }
    let bound = try network.lipschitzBound()
    let basis = try certifyStrongest(network, bound: bound, labels: labels) { try pixels.places($0) }.basis
    var claim = try NetworkClaim(name: "network", network, bound: bound)
    try claim.certify(
      network, bound: bound, basis: basis, indices: Array(0..<count).map { $0 + 100 }, labels: labels, batchSize: 4
    ) { try pixels.places($0) }
    self.claim = claim
  }

  /// Everything that `claim` says, checked.
  func check(_ claim: NetworkClaim, labels: [Int]? = nil) throws -> ProofFindings {
    var findings = try checkNetwork(claim)
    findings.formUnion(try checkImages(claim, labels: labels))
    return findings
  }

  func checkNetwork(_ claim: NetworkClaim) throws -> ProofFindings { try ProofChecker().check(claim, of: network) }

  func checkImages(_ claim: NetworkClaim, labels: [Int]? = nil, limit: Int = .max) throws -> ProofFindings {
    try ProofChecker().checkImages(claim, of: network, limit: limit, batchSize: 3) { indices in
      (
        try pixels.selecting(0, Tensor(indices: indices.map { $0 - 100 })),
        indices.map { (labels ?? self.labels)[$0 - 100] }
      )
    }
  }
}

extension Tensor {
  fileprivate func places(_ places: Range<Int>) throws -> Tensor {
    try narrowed(0, from: places.lowerBound, count: places.count)
  }
}

/// Convolutions with strides, groups and dilation, pools and norms: one of each rule that a check has.
func mixedNetwork(seed: Int, input: [Int] = [3, 14, 15]) throws -> DeployedNetwork {
  let stream = RandomStream(seed: UInt64(seed)).stream("mixed")
  func convolution(_ name: String, _ shape: [Int], _ geometry: ConvolutionGeometry) throws -> Stage {
    let gain = (1 / Double(shape[1...].reduce(1, *))).squareRoot()
    return Stage(
      name,
      .convolution(
        weight: try Tensor.normal(shape, stream.stream(name)) * gain,
        bias: try Tensor.normal([shape[0]], stream.stream(name).stream("bias")) * 0.1, geometry: geometry))
  }
  let six = try Tensor.normal([6], stream.stream("affine"))
  let mean = try Tensor.full(0.4, [3])
  let std = try Tensor([0.3, 0.25, 0.2] as [Float], [3])
  let body: [Stage] = try [
    Stage("normalize", .normalize(mean: mean, std: std)),
    convolution("strided", [6, 3, 3, 3], .init(stride: 2, padding: 1)), Stage("relu1", .relu),
    convolution("grouped", [6, 2, 3, 2], .init(padding: 1, groups: 3)),
    Stage("affine", .affine(scale: six, shift: six)),
    convolution("dilated", [6, 6, 3, 3], .init(padding: 2, dilation: 2)),
    Stage("max", .maxPool(kernel: 3, stride: 2, padding: 1)), Stage("scale", .scale(-0.7)),
    Stage("average", .averagePool(kernel: 3, stride: 1, padding: 1)), Stage("flatten", .flatten),
  ]
  let features = try body.outputShape(of: SampleShape(lengths: input)).count
  return DeployedNetwork(
    inputShape: input, body: body,
    headWeight: try Tensor.normal([4, features], stream.stream("head")) * 0.1,
    headBias: try Tensor.normal([4], stream.stream("bias")))
}

/// A perceptron whose predictions differ from one random image to the next: it does not see brightness.
func variedNetwork(seed: Int) throws -> DeployedNetwork {
  let stream = RandomStream(seed: UInt64(seed)).stream("varied")
  let first = try Tensor.normal([16, 12], stream.stream("first"))
  return try perceptron([first - first.mean([1], keepingDimensions: true), .normal([4, 16], stream.stream("second"))])
}

/// Pre-activation with a trained-looking correction of every layer merged in.
func adaptedNetwork(seed: Int) throws -> DeployedNetwork {
  let stream = RandomStream(seed: UInt64(seed)).stream("adapted")
  let plain = try taskNetwork(NetworkDescription(depth: 8, width: 3, block: .preActivation), seed: seed, gain: 0.5)
  let adapter = try Adapter(for: plain.trunk, AdapterDescription(rank: 2), stream: stream)
  for (path, parameter) in Members(of: adapter).parameters {
    try parameter.value.assign(Tensor.normal(parameter.value.shape, stream.stream(path)) * 0.05)
  }
  try adapter.mapTensors { try $0.to(.float64) }
  return try TaskNetwork(trunk: plain.trunk, adapter: adapter, head: plain.head).deployed()
    .mappingTensors { try $0.to(.float32) }
}
