import RandomStreams
import TorchCore

/// y = W x + s·A x + b_t, A a matrix on channels: it merges into the centre tap, W′ = W + s·A, so that the deployed
/// network is no larger than the trunk. b_t begins as the trunk's b.
///
/// Source: parallel residual adapters, Rebuffi et al. 2018.
final class ParallelCorrection: Correction {
  private let map: ChannelMap
  private let bias: Parameter?
  let constraint: (any NormConstraint)?

  init(_ layer: some AdaptableLayer, _ description: AdapterDescription, stream: RandomStream) throws {
    map = try ChannelMap(
      inputs: layer.inputs, outputs: layer.outputs, isConvolution: layer.isConvolution, description, stream: stream)
    bias = try layer.ownBias.map { try Parameter($0.value.clone()) }
    constraint = try description.mergedConstraint(layer)
  }

  func forward(_ layer: some AdaptableLayer, _ x: Tensor, _ mode: Mode) throws -> Tensor {
    try layer.apply(weight(of: layer, mode), bias?.value, beside: map, mode, to: x)
  }

  func merged(into layer: some AdaptableLayer, _ mode: Mode) throws -> (weight: Tensor, bias: Tensor?) {
    (try layer.adding(map.matrix(mode), to: weight(of: layer, mode)), bias?.value)
  }

  func reach(_ budget: Double, _ norm: Double) -> Double { budget }

  func visit(_ members: inout Members) {
    members.child("adapter", map)
    members.parameter("adapter.bias", bias)
    members.child("adapter.constraint", constraint)
  }
}
