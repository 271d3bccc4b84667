import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// A lower bound on a network's L2 Lipschitz constant, and the sample that gives it.
public struct LipschitzLowerBound: Sendable, Hashable {
  public let value: Double
  /// Index of the sample in the batch.
  public let sample: Int
  /// The steepest secant ‖f(a) − f(b)‖/‖a − b‖ that was found around each sample, f the logits.
  public let perSample: [Double]
}

/// The steepest secants of the logits around samples, along the leading right singular vectors of their Jacobians.
///
/// Every secant of a function is a lower bound on its constant, also at kinks, where what a backward pass returns may
/// be no derivative. Up to 32 classes the direction comes from all rows of the Jacobian J; beyond, from power iteration
/// on JᵀJ with J·v from differences. No second derivatives are asked for. Directions are sought in the network's own
/// precision. The secants, over four distances from 2⁻²¹ to 1/8 of the sample's norm, are computed in double precision;
/// what is returned is what rounding leaves of them for certain (``SecantProof``).
/// - Parameters:
///   - pixels: N×C×H×W in [0, 1].
///   - bound: of this very network, with which rounding is bounded more tightly; nil where there is none at hand.
///   - iterations: of the power iteration; without meaning up to 32 classes.
///   - stream: of the directions that the power iteration starts from; without meaning up to 32 classes.
/// - Throws: ``LipschitzError`` for an empty batch, the bound of another network, or naming a layer whose rounding has
///   no bound (self-attention, highway gates); ``JacobianError`` where gradients are off, `TorchError` where the pixels
///   do not fit.
public func lipschitzLowerBound(
  of network: DeployedNetwork, pixels: Tensor, bound: NetworkBound? = nil, iterations: Int = 20, stream: RandomStream
) throws -> LipschitzLowerBound {
  guard pixels.rank > 1, pixels.count > 0 else {
    throw LipschitzError.invalidSamples(reason: "a batch of shape \(pixels.shape) holds no sample")
  }
  try requireRecording()
  let proof = try withoutGradients { try SecantProof(network, bound: bound) }
  let (samples, hasFewRows) = (pixels.size(0), network.classCount <= mostRows)
  let elements = max(1, (hasFewRows ? network.classCount : 1) * pixels.count / samples)
  let chunk = min(mostSamples, mostElements / elements)
  let values = try (0..<samples).batches(of: chunk).flatMap { places in
    let batch = try pixels.narrowed(0, from: places.lowerBound, count: places.count)
    let x = try batch.to(network.headWeight.dtype)
    let directions =
      try hasFewRows
      ? directionsFromRows(at: x, network.logits)
      : directionsFromDifferences(
        at: x, iterations: iterations, streams: places.map { stream.stream($0) }, network.logits)
    return try withoutGradients {
      try proof.steepest(at: batch.doublesOnCPU(), along: unit(directions.to(.float64)).doublesOnCPU())
    }
  }
  let sample = values.indices.max { values[$0] < values[$1] } ?? 0
  return LipschitzLowerBound(value: values[sample], sample: sample, perSample: values)
}

/// Classes up to which the Jacobian is built row by row.
private let mostRows = 32

/// Elements of Jacobians and samples that are held at once.
private let (mostElements, mostSamples) = (1 << 25, 64)

/// Multiples of the leading right singular vectors of the Jacobians K×D: Jᵀu, u the last eigenvector of J·Jᵀ.
private func directionsFromRows(at pixels: Tensor, _ logits: (Tensor) throws -> Tensor) throws -> Tensor {
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
  // No eigenvectors are found for numbers that are not finite: such a sample gets some direction, which is no less
  // true.
  let finite = try gram.isFinite().select(gram, gram.zerosLike())
  let vectors = try finite.to(.cpu).symmetricEigenvectors().vectors
  let u = try vectors.narrowed(2, from: classes - 1, count: 1).to(z.device)
  return try u.permuted([0, 2, 1]).matmul(jacobians).reshaped(pixels.shape)
}

/// Directions close to the leading right singular vectors of the Jacobians.
private func directionsFromDifferences(
  at pixels: Tensor, iterations: Int, streams: [RandomStream], _ logits: (Tensor) throws -> Tensor
) throws -> Tensor {
  let x = try pixels.asLeaf()
  let z = try logits(x)
  return try leadingRightVectors(
    like: pixels, iterations: iterations, streams: streams,
    pushedForward: { try centralDifference(at: pixels, along: $0, logits) },
    pulledBack: { try vectorJacobianProduct($0, z, x, keepingGraph: true) })
}
