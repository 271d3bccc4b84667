import RandomStreams
import TorchCore

/// All singular values of the Jacobian at one sample, in descending order: min(outputs, inputs) of them. The Jacobian
/// is taken in the type of x and decomposed in double precision.
/// - Parameter x: 1×….
/// - Throws: as ``jacobian(at:rowsAtOnce:_:)``.
public func singularValues(at x: Tensor, _ map: (Tensor) throws -> Tensor) throws -> [Double] {
  try jacobian(at: x, map).to(.float64).singularValues().doubles()
}

/// The eigenvalues of the square Jacobian at one sample, by descending real part, then by descending imaginary part.
/// The Jacobian is taken in the type of x and decomposed in double precision.
/// - Parameter x: 1×….
/// - Throws: ``JacobianError/matrix(reason:)`` where inputs and outputs differ in number, and as
///   ``jacobian(at:rowsAtOnce:_:)``.
public func eigenvalues(
  at x: Tensor, _ map: (Tensor) throws -> Tensor
) throws -> [(real: Double, imaginary: Double)] {
  let matrix = try jacobian(at: x, map)
  guard matrix.size(0) == matrix.size(1) else {
    throw JacobianError.matrix(reason: "\(matrix.size(0)) outputs of \(matrix.size(1)) inputs have no eigenvalues")
  }
  let (real, imaginary) = try matrix.to(.float64).eigenvalues()
  return try zip(real.doubles(), imaginary.doubles()).map { (real: $0, imaginary: $1) }
    .sorted { ($0.real, $0.imaginary) > ($1.real, $1.imaginary) }
}

/// The largest singular value of each sample's Jacobian, from below: ‖J·v‖ after power iteration on JᵀJ, all samples at
/// once, each from a random direction of its own. Where the map has no second derivatives, as that of an implicit
/// block, it is ‖Jᵀu‖, u the direction of f(x + tv) − f(x − tv).
///
/// The error falls with (σ₂/σ₁)^(4·iterations): two close leading values are told apart slowly, but then either is a
/// good answer.
/// - Parameters:
///   - x: N×….
///   - stream: sample n starts from its number n within this stream.
/// - Throws: as ``JacobianProducts``.
public func largestSingularValues(
  at x: Tensor, iterations: Int, stream: RandomStream, _ map: (Tensor) throws -> Tensor
) throws -> [Double] {
  let products = try JacobianProducts(at: x, map)
  func image(_ v: Tensor) throws -> Tensor {
    try products.pushesForward ? products.pushedForward(v) : centralDifference(at: x, along: v, map)
  }
  let direction = try leadingRightVectors(
    like: x, iterations: iterations, streams: (0..<x.size(0)).map { stream.stream($0) }, pushedForward: image,
    pulledBack: products.pulledBack)
  let last = try image(direction)
  return try normPerSample(products.pushesForward ? last : products.pulledBack(unit(last))).doubles()
}
