import RandomStreams
import TorchCore

/// y + s·A y + b_t with y = W x + b, A a matrix on the layer's outputs: it merges as W′ = (I + s·A) W and
/// b′ = (I + s·A) b + b_t. b_t begins at zero, and is there where the layer has a bias.
///
/// Source: Rebuffi et al. 2017, without the norm in front of A.
final class SeriesCorrection: Correction {
  private let map: ChannelMap
  private let bias: Parameter?
  let constraint: (any NormConstraint)?

  init(_ layer: some AdaptableLayer, _ description: AdapterDescription, stream: RandomStream) throws {
    map = try ChannelMap(
      inputs: layer.outputs, outputs: layer.outputs, isConvolution: layer.isConvolution, description, stream: stream)
    bias = try layer.ownBias.map { try Parameter($0.value.zerosLike()) }
    constraint = try description.mergedConstraint(layer)
  }

  func forward(_ layer: some AdaptableLayer, _ x: Tensor, _ mode: Mode) throws -> Tensor {
    let y = try layer.apply(weight(of: layer, mode), layer.ownBias?.value, to: x)
    let corrected = try y + map.apply(to: y, mode, by: layer.applyBehind)
    return try bias.map { try corrected + $0.value.to(corrected.dtype).asChannels(like: corrected) } ?? corrected
  }

  func merged(into layer: some AdaptableLayer, _ mode: Mode) throws -> (weight: Tensor, bias: Tensor?) {
    let (w, a) = try (weight(of: layer, mode), map.matrix(mode))
    let merged = try w + layer.multiplying(a, by: w)
    guard let b = layer.ownBias?.value, let bias else { return (merged, nil) }
    return (merged, try b + a.matmul(b.reshaped([-1, 1])).reshaped([-1]) + bias.value)
  }

  func reach(_ budget: Double, _ norm: Double) -> Double { budget * norm }

  func visit(_ members: inout Members) {
    members.child("adapter", map)
    members.parameter("adapter.bias", bias)
    members.child("adapter.constraint", constraint)
  }
}
