import TorchCore

/// What a network computes in between its pixels and its features. Whatever it is, parameters, statistics, norm budgets
/// and optimizers stay as they are: a weight is rounded for each operation, and its gradient is fp32 again.
///
/// Source: mixed-precision training, Micikevicius et al. 2018; bfloat16, whose exponents are those of fp32, needs no
/// scaling of the loss (Kalamkar et al. 2019).
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// The type of the parameters.
  case full = "fp32"
  case bf16

  /// Values that enter the network.
  func entering(_ x: Tensor) throws -> Tensor { self == .bf16 ? try x.to(.bfloat16) : x }

  /// Values that leave it.
  func leaving(_ x: Tensor) throws -> Tensor { self == .bf16 ? try x.to(.float32) : x }

  /// Values that statistics are taken of, never fewer than 24 bits each.
  static func statistics(of x: Tensor) throws -> Tensor { try x.dtype == .bfloat16 ? x.to(.float32) : x }
}
