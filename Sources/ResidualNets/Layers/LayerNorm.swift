import TorchCore

/// Layer normalisation (Ba et al. 2016): (x − mean) / √(variance + ε) · γ + β over the features of each token.
public final class LayerNorm: Norm {
  /// As torchvision's transformers have it.
  public static let epsilon = 1e-6

  public let site: String
  /// γ and β, D each.
  public let weight: Parameter
  public let bias: Parameter

  public convenience init(site: String, features: Int) throws {
    try self.init(site: site, weight: Tensor.ones([features]), bias: Tensor.zeros([features]))
  }

  private init(site: String, weight: Tensor, bias: Tensor) throws {
    self.site = site
    self.weight = try Parameter(weight)
    self.bias = try Parameter(bias)
  }

  /// - Parameter x: …×D.
  public func forward(_ x: Tensor, _ mode: Mode, _ sharing: (any BatchSharing)?) throws -> Tensor {
    try x.layerNorm(weight.value.shape, weight: weight.value, bias: bias.value, epsilon: Self.epsilon)
  }

  public func startAtZero() throws { try weight.value.assign(weight.value.zerosLike()) }

  public func copy() throws -> any Norm {
    try LayerNorm(site: site, weight: weight.value.clone(), bias: bias.value.clone())
  }

  public func deployed() throws -> DeployedNorm {
    try .operation(
      .layerNorm(weight: weight.value.detached(), bias: bias.value.detached(), epsilon: Self.epsilon))
  }

  public func visit(_ members: inout Members) {
    members.parameter("weight", weight)
    members.parameter("bias", bias)
  }
}
