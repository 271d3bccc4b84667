import OperatorNorms
import RandomStreams
import ResidualNets
import Results
import TorchCore

@testable import Lipschitz

/// One operation of every kind that has a local bound, in single precision; input 2×8×8, 4 classes.
func everyOperation(seed: Int, gelu: Bool) throws -> DeployedNetwork {
  let stream = RandomStream(seed: UInt64(seed)).stream("every operation")
  func normal(_ name: String, _ shape: [Int], _ deviation: Double) throws -> Tensor {
    try Tensor.normal(shape, stream.stream(name)) * deviation
  }
  let grouped = ConvolutionGeometry(stride: [1, 1], padding: [2, 2], dilation: [2, 2], groups: 2)
  let body: [Stage] = [
    Stage(
      "normalize", .normalize(mean: try Tensor([Float(0.4), 0.5], [2]), std: try Tensor([Float(0.25), 0.3], [2]))),
    try convolution("conv1", (2, 4), stream),
    Stage("affine", .affine(scale: try normal("scale", [4], 1), shift: try normal("shift", [4], 0.3))),
    Stage("relu1", .relu),
    Stage("pool1", .maxPool(kernel: 3, stride: 2, padding: 1)),
    Stage(
      "block",
      .residual(
        shortcut: [try convolution("shortcut", (4, 6), kernel: 1, stream)],
        branch: [
          try convolution("conv2", (4, 6), stream), Stage("relu2", .relu),
          Stage(
            "conv3",
            .convolution(
              weight: try normal("conv3", [6, 3, 3, 3], 0.3), bias: try normal("bias3", [6], 0.1), geometry: grouped)),
        ], branchScale: -0.7)),
    Stage("relu3", .relu),
    Stage("pool2", .averagePool(kernel: 3, stride: 2, padding: 1)),
    Stage("scale", .scale(1.3)),
    Stage("patches", .patches),
    Stage("position", .offset(try normal("position", [4, 6], 0.3))),
    Stage("mix", .linear(weight: try normal("mix", [5, 6], 0.5), bias: try normal("mix bias", [5], 0.2))),
    Stage("activation", gelu ? .gelu : .relu),
    Stage("mean", .tokenMean),
  ]
  return DeployedNetwork(
    inputShape: [2, 8, 8], body: body, headWeight: try normal("head", [4, 5], 1), headBias: try normal("bias", [4], 0.1)
  )
}

/// Random images, labelled as the network sees them.
func labelledImages(_ network: DeployedNetwork, count: Int, seed: Int) throws -> (pixels: Tensor, labels: [Int]) {
  let pixels = try Tensor.uniform([count] + network.inputShape, RandomStream(seed: UInt64(seed)).stream("images"))
  return (pixels, try network.logits(pixels).argmax(1).integers())
}

/// z_label − z_j of each sample, the least over j.
func leastMargins(_ logits: Tensor, _ labels: [Int]) throws -> [Double] {
  let (values, classes) = (try logits.doubles(), logits.size(1))
  return labels.enumerated().map { sample, label in
    (0..<classes).filter { $0 != label }.map { values[sample * classes + label] - values[sample * classes + $0] }.min()
      ?? .infinity
  }
}

/// Points of the balls around images, in [0, 1]: random ones, corners or points of the sphere, and the ends of steps
/// along each margin's gradient, which are the worst of a linear network.
func points(
  _ network: DeployedNetwork, _ pixels: Tensor, _ labels: [Int], radii: [Double], norm: PerturbationNorm, count: Int,
  _ stream: RandomStream
) throws -> [Tensor] {
  let radius = try Tensor(radii, [radii.count, 1])
  let exact = try pixels.to(.float64)
  func moved(_ direction: Tensor, _ share: Tensor) throws -> Tensor {
    let flat = try direction.to(.float64).flattened()
    let unit =
      norm == .linf
      ? try flat.clamped(-1, 1) : try flat / (flat.norm(2, [1], keepingDimensions: true) + 1e-300)
    return try (exact + (unit * radius * share).reshaped(exact.shape)).clamped(0, 1)
  }
  var found = [exact]
  for index in 0..<count {
    let stream = stream.stream("\(index)")
    let normal = try Tensor.normal(pixels.shape, stream.stream("direction"), dtype: .float64)
    let share = try Tensor.uniform([radii.count, 1], stream.stream("share"), dtype: .float64)
    found.append(try moved(normal.sign(), share * 0 + 1))
    found.append(try moved(normal * 0.5, share))
    found.append(try moved(normal, share * 0 + 1))
  }
  for shift in 1..<network.classCount {
    var point = exact
    for _ in 0..<3 {
      let leaf = try point.to(pixels.dtype).asLeaf()
      let seed = try Tensor.zeros([labels.count, network.classCount])
        .scattering(-1, 1, Tensor(indices: labels).reshaped([-1, 1]))
        .scattering(1, 1, Tensor(indices: labels.map { ($0 + shift) % network.classCount }).reshaped([-1, 1]))
      guard let gradient = try gradients(of: network.logits(leaf), seed: seed, withRespectTo: [leaf])[0] else { break }
      point = try moved(norm == .linf ? gradient.sign() : gradient, radius * 0 + 1)
      found.append(point)
    }
  }
  return found
}

/// How many of the points are below the bounds on their margins.
func violations(
  _ network: DeployedNetwork, _ bounds: [Double], _ points: [Tensor], _ labels: [Int], tolerance: Double
) throws -> Int {
  try points.reduce(0) { count, point in
    try count
      + zip(leastMargins(network.logits(point), labels), bounds).filter { !($0 >= $1 - tolerance) }.count
  }
}
