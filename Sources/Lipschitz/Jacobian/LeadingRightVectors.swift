import RandomStreams
import TorchCore

/// Unit vectors N×… close to the leading right singular vectors of Jacobians, by power iteration on JᵀJ.
/// - Parameters:
///   - streams: one a sample, for the direction that it starts from.
///   - pushedForward: v ↦ J·v, or a positive multiple of it for each sample.
///   - pulledBack: u ↦ Jᵀu.
func leadingRightVectors(
  like x: Tensor, iterations: Int, streams: [RandomStream], pushedForward: (Tensor) throws -> Tensor,
  pulledBack: (Tensor) throws -> Tensor
) throws -> Tensor {
  let start = try Tensor.normal(perSample: streams, Array(x.shape.dropFirst()), dtype: .float64)
  var direction = try unit(start).to(x.device).to(x.dtype)
  for _ in 0..<max(0, iterations) {
    direction = try unit(pulledBack(unit(pushedForward(direction))))
  }
  return direction
}

/// About a multiple of J·v for each sample, from values of the map alone: f(x + tv) − f(x − tv) for unit vectors v.
/// With t at ∛u of the sample's norm, u the rounding unit, rounding and curvature cost about as much.
func centralDifference(at x: Tensor, along v: Tensor, _ map: (Tensor) throws -> Tensor) throws -> Tensor {
  let size = try normPerSample(x)
  let step = try v * ((size + size.equal(0)) * (x.dtype == .float64 ? 0x1p-18 : 0x1p-8))
  return try withoutGradients { try map(x + step) - map(x - step) }
}
