import TorchCore

/// F of a block: what stands beside the path that does nothing.
public protocol Branch: Module {
  /// The layers that an adapter may stand beside, and the norms it replaces.
  var convolutions: [Conv2d] { get }
  var linears: [Linear] { get }
  var norms: [any Norm] { get }

  /// F(h).
  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor
  /// The same function as deployed stages.
  func deployed(_ passage: Passage) throws -> [Stage]
}

extension Branch {
  public var convolutions: [Conv2d] { [] }
  public var linears: [Linear] { [] }
  public var norms: [any Norm] { [] }
}
