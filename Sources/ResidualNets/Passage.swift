import RandomStreams
import TorchCore

/// One task's way through a trunk: which adapter stands beside the layers, and whether norms learn.
public struct Passage {
  public let adapter: Adapter?
  public let mode: Mode
  /// What a training step draws from, where the network leaves branches out at random.
  public let draws: RandomStream?
  /// Of deployment: whether norms fold into the layers beside them; else each stays a layer of its own.
  let foldsNorms: Bool

  public init(adapter: Adapter?, mode: Mode, draws: RandomStream? = nil) {
    self.init(adapter: adapter, mode: mode, draws: draws, foldsNorms: true)
  }

  init(adapter: Adapter?, mode: Mode, draws: RandomStream? = nil, foldsNorms: Bool) {
    self.adapter = adapter
    self.mode = mode
    self.draws = draws
    self.foldsNorms = foldsNorms
  }

  func convolve(_ layer: Conv2d, _ x: Tensor) throws -> Tensor {
    guard let correction = adapter?.correction(at: layer.site) else { return try layer.forward(x, mode) }
    if correction.constraint != nil {
      return try x.conv2d(mergedWeight(layer), correction.bias?.value, layer.geometry)
    }
    let main = try x.conv2d(layer.weight.value, correction.bias?.value, layer.geometry)
    return try main + correction.apply(x, stride: layer.geometry.stride)
  }

  func transform(_ layer: Linear, _ x: Tensor) throws -> Tensor {
    guard let correction = adapter?.correction(at: layer.site) else { return try layer.forward(x, mode) }
    if correction.constraint != nil { return try x.linear(mergedWeight(layer), correction.bias?.value) }
    return try x.linear(layer.weight.value, correction.bias?.value) + correction.apply(x, stride: [])
  }

  func normalize(_ norm: (any Norm)?, _ x: Tensor) throws -> Tensor {
    guard let norm = self.norm(norm) else { return x }
    return try norm.forward(x, mode)
  }

  /// The task's own norm in place of the trunk's.
  func norm(_ norm: (any Norm)?) -> (any Norm)? { norm.map { adapter?.norm(at: $0.site) ?? $0 } }

  /// The one weight that layer and correction amount to.
  func mergedWeight(_ layer: Conv2d) throws -> Tensor {
    guard let correction = adapter?.correction(at: layer.site) else { return try layer.effectiveWeight(mode) }
    let merged = try correction.merged(into: layer.weight.value)
    guard let constraint = correction.constraint else { return merged }
    return try constraint.constrain(kernel: merged, layer.geometry, layer.inputSize, mode)
  }

  func mergedWeight(_ layer: Linear) throws -> Tensor {
    guard let correction = adapter?.correction(at: layer.site) else { return try layer.effectiveWeight(mode) }
    let merged = try correction.merged(into: layer.weight.value)
    guard let constraint = correction.constraint else { return merged }
    return try constraint.constrain(matrix: merged, mode)
  }

  func bias(_ layer: Conv2d) -> Tensor? {
    (adapter?.correction(at: layer.site).map(\.bias) ?? layer.bias)?.value
  }

  func bias(_ layer: Linear) -> Tensor {
    (adapter?.correction(at: layer.site)?.bias ?? layer.bias).value
  }
}
