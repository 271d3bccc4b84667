import RandomStreams
import ResidualNets
import TorchCore

/// A lower bound on a network's L2 Lipschitz constant, and the sample that gives it.
public struct LipschitzLowerBound: Sendable, Hashable {
  public let value: Double
  /// Index of the sample in the batch.
  public let sample: Int
  /// ‖Jv‖/‖v‖ at each sample, J the Jacobian of the logits and v close to its leading right singular vector.
  public let perSample: [Double]
}

/// The largest singular value of the logits' Jacobian at each sample, from below, by power iteration.
///
/// The constant of the network is at least ‖Jv‖/‖v‖ for any v. Directions are sought in the network's own precision; the
/// quotient is taken in double precision, and lowered by 2⁻³⁰, far more than that costs in networks of usual size.
/// - Parameter pixels: N×C×H×W in [0, 1].
/// - Throws: ``LipschitzError`` for an empty batch, `TorchError` where the pixels do not fit.
public func lipschitzLowerBound(
  of network: DeployedNetwork, pixels: Tensor, iterations: Int = 20, stream: RandomStream
) throws -> LipschitzLowerBound {
  guard pixels.rank > 1, pixels.size(0) > 0 else {
    throw LipschitzError.invalidSamples(reason: "a batch of shape \(pixels.shape) holds no sample")
  }
  let streams = (0..<pixels.size(0)).map { stream.stream($0) }
  let start = try Tensor.normal(perSample: streams, Array(pixels.shape.dropFirst())).to(pixels.device)
  let type = try network.headWeight.dtype
  let search = try JacobianProducts(network, at: pixels.to(type))
  var direction = try unit(start.to(type))
  for _ in 0..<max(0, iterations) { direction = try unit(search.transposed(search.applied(direction))) }

  let exact = try network.mappingTensors { try $0.detached().to(.float64) }
  let products = try JacobianProducts(exact, at: pixels.to(.float64))
  let v = try direction.to(.float64)
  let (images, lengths) = (try sampleNorms(products.applied(v)).doubles(), try sampleNorms(v).doubles())
  let values = zip(images, lengths).map { image, length in
    let ratio = image / length * (1 - 0x1p-30)
    return ratio.isFinite ? ratio : 0
  }
  let sample = values.indices.max { values[$0] < values[$1] } ?? 0
  return LipschitzLowerBound(value: values[sample], sample: sample, perSample: values)
}

/// Products with the Jacobians of the logits, one a sample: samples do not mix in a deployed network.
private struct JacobianProducts {
  private let x: Tensor
  private let logits: Tensor
  private let seed: Tensor
  /// Jᵀ · seed, linear in `seed`: its derivative with respect to `seed` is J.
  private let pullback: Tensor

  init(_ network: DeployedNetwork, at pixels: Tensor) throws {
    x = try pixels.asLeaf()
    logits = try network.logits(x)
    seed = try logits.detached().zerosLike().asLeaf()
    pullback = try Self.product(logits, seed, x)
  }

  /// J v.
  func applied(_ v: Tensor) throws -> Tensor { try Self.product(pullback, v, seed).detached() }

  /// Jᵀ u.
  func transposed(_ u: Tensor) throws -> Tensor { try Self.product(logits, u, x).detached() }

  /// seedᵀ · ∂output/∂input, keeping the graph; zero where the output does not depend on the input.
  private static func product(_ output: Tensor, _ seed: Tensor, _ input: Tensor) throws -> Tensor {
    guard output.requiresGradient else { return try input.zerosLike() }
    return try gradients(of: output, seed: seed, withRespectTo: [input], recordingGraph: true)[0] ?? input.zerosLike()
  }
}

/// Every sample divided by its norm; a sample of zero stays.
private func unit(_ batch: Tensor) throws -> Tensor { try batch / (sampleNorms(batch) + 1e-30) }

/// The norm of each sample, shaped to divide the batch.
private func sampleNorms(_ batch: Tensor) throws -> Tensor {
  try batch.norm(2, Array(1..<batch.rank), keepingDimensions: true)
}
