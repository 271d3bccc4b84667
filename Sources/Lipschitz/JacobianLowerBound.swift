import RandomStreams
import ResidualNets
import TorchCore

/// A lower bound on a network's L2 Lipschitz constant, and the sample that gives it.
public struct LipschitzLowerBound: Sendable, Hashable {
  public let value: Double
  /// Index of the sample in the batch.
  public let sample: Int
  /// At each sample, the gain of the logits' Jacobian, or of its transpose, along one direction close to its leading
  /// singular vector.
  public let perSample: [Double]
}

/// The largest singular value of the logits' Jacobian at each sample, from below.
///
/// The constant of the network is at least ‖Jᵀu‖/‖u‖ for any u, and at least ‖J·v‖/‖v‖ for any v. Up to 32 classes u is
/// the leading eigenvector of J·Jᵀ, from all rows of J; beyond, v comes from power iteration. Directions are sought in
/// the network's own precision; the quotient is taken in double precision, and lowered by 2⁻³⁰, far more than that costs
/// in networks of usual size.
/// - Parameters:
///   - pixels: N×C×H×W in [0, 1].
///   - iterations: of the power iteration; without meaning up to 32 classes.
///   - stream: of the directions that the power iteration starts from; without meaning up to 32 classes.
/// - Throws: ``LipschitzError`` for an empty batch, ``JacobianError`` where gradients are off, `TorchError` where the
///   pixels do not fit.
public func lipschitzLowerBound(
  of network: DeployedNetwork, pixels: Tensor, iterations: Int = 20, stream: RandomStream
) throws -> LipschitzLowerBound {
  guard pixels.rank > 1, pixels.count > 0 else {
    throw LipschitzError.invalidSamples(reason: "a batch of shape \(pixels.shape) holds no sample")
  }
  try requireRecording()
  let exact = try network.mappingTensors { try $0.detached().to(.float64) }
  let values =
    network.classCount <= mostRows
    ? try gainsFromRows(network, exact, pixels)
    : try gainsFromIteration(network, exact, pixels, iterations: iterations, stream: stream)
  let sample = values.indices.max { values[$0] < values[$1] } ?? 0
  return LipschitzLowerBound(value: values[sample], sample: sample, perSample: values)
}

/// Classes up to which the Jacobian is built row by row.
private let mostRows = 32

/// Elements of Jacobians and samples that are held at once.
private let (mostElements, mostSamples) = (1 << 25, 64)

/// ‖Jᵀu‖/‖u‖ at each sample, u the leading left singular vector of J.
private func gainsFromRows(_ network: DeployedNetwork, _ exact: DeployedNetwork, _ pixels: Tensor) throws -> [Double] {
  let (samples, type) = (pixels.size(0), try network.headWeight.dtype)
  let elements = max(1, network.classCount * pixels.count / samples)
  let chunk = max(1, min(mostSamples, mostElements / elements))
  return try stride(from: 0, to: samples, by: chunk).flatMap { start in
    let batch = try pixels.narrowed(0, from: start, count: min(chunk, samples - start))
    let u = try leadingLeftVectors(at: batch.to(type), network.logits)
    let x = try batch.to(.float64).asLeaf()
    let image = try vectorJacobianProduct(u, exact.logits(x), x, keepingGraph: false)
    return try gains(image, u)
  }
}

/// The leading left singular vectors N×K, float64, of the Jacobians K×D of logits: eigenvectors of J·Jᵀ.
private func leadingLeftVectors(at pixels: Tensor, _ logits: (Tensor) throws -> Tensor) throws -> Tensor {
  let x = try pixels.asLeaf()
  let z = try logits(x)
  let (samples, classes) = (z.size(0), z.size(1))
  let rows = try (0..<classes).map { row in
    let place = try Tensor.full(Double(row), [samples, 1], dtype: .int64, device: z.device)
    let seed = try z.detached().zerosLike().scattering(1, 1, place)
    return try vectorJacobianProduct(seed, z, x, keepingGraph: row + 1 < classes).flattened().to(.float64)
  }
  let jacobians = try Tensor.stacked(rows, 1)
  let gram = try jacobians.matmul(jacobians.permuted([0, 2, 1]))
  // No eigenvectors are found for numbers that are not finite: such a sample gets some direction, which is no less true.
  let finite = try gram.isFinite().select(gram, gram.zerosLike())
  let vectors = try finite.to(.cpu).symmetricEigenvectors().vectors
  return try vectors.narrowed(2, from: classes - 1, count: 1).reshaped([samples, classes]).to(z.device)
}

/// ‖J·v‖/‖v‖ at each sample, v close to the leading right singular vector of J.
private func gainsFromIteration(
  _ network: DeployedNetwork, _ exact: DeployedNetwork, _ pixels: Tensor, iterations: Int, stream: RandomStream
) throws -> [Double] {
  let x = try pixels.to(network.headWeight.dtype)
  let search = try JacobianProducts(at: x, network.logits)
  let v = try leadingRightVectors(search, like: x, iterations: iterations, stream: stream).to(.float64)
  return try gains(JacobianProducts(at: pixels.to(.float64), exact.logits).pushedForward(v), v)
}

/// ‖image‖/‖direction‖ a sample, lowered by more than its rounding; 0 where it is not finite.
private func gains(_ image: Tensor, _ direction: Tensor) throws -> [Double] {
  try zip(normPerSample(image).doubles(), normPerSample(direction).doubles()).map { image, direction in
    let ratio = image / direction * (1 - 0x1p-30)
    return ratio.isFinite ? ratio : 0
  }
}
