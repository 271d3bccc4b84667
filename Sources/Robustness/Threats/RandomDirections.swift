import RandomStreams
import Results
import TorchCore

/// A direction of length 1 in the norm for each sample, N×shape, channels-last. L∞: every pixel is +1 or −1 with equal
/// odds, a corner of the cube; L2 and L1: uniform on the sphere.
func randomDirections(
  _ norm: PerturbationNorm, _ streams: [RandomStream], _ shape: [Int], on device: Device
) throws -> Tensor {
  switch norm {
  case .linf: return try randomSigns(streams, shape, on: device)
  case .l2:
    let normal = try Tensor.normal(perSample: streams, shape).to(device).channelsLast()
    return try normal / normal.norm(2, [1, 2, 3], keepingDimensions: true)
  case .l1:
    // Exponential sizes that are divided by their sum are uniform on the simplex. Draws are in [0, 1), so that 1 − u
    // has a logarithm.
    let uniform = try Tensor.uniform(perSample: streams, shape).to(device).channelsLast()
    let sizes = try (1 - uniform).log().negated()
    let signs = try randomSigns(streams.map { $0.stream("sign") }, shape, on: device)
    return try signs * sizes / sizes.sum([1, 2, 3], keepingDimensions: true)
  }
}

/// +1 or −1 with equal odds, N×shape.
private func randomSigns(_ streams: [RandomStream], _ shape: [Int], on device: Device) throws -> Tensor {
  let uniform = try Tensor.uniform(perSample: streams, shape).to(device).channelsLast()
  // Half of all draws are below ½ exactly, and none is lost to a sign of 0.
  return try uniform.less(0.5).select(uniform.zerosLike() - 1, uniform.zerosLike() + 1)
}
