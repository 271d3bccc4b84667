import TorchCore

/// Deployed stages from pixels on, computed in bfloat16 behind the normalisation of the pixels: pixels come in and
/// results go out in fp32.
public struct ReducedStages {
  /// In fp32: what stands before the first layer with weights.
  private let entry: [Stage]
  private let body: [Stage]

  /// - Throws: `DescriptionError` for an implicit layer, whose equation is not solved in half the bits, `TorchError`.
  public init(_ stages: [Stage]) throws {
    try stages.forEach(Self.requireExplicit)
    let start = stages.firstIndex { if case .normalize = $0.operation { false } else { true } } ?? 0
    entry = Array(stages[..<start])
    body = try stages[start...].map { try $0.mappingTensors { try $0.to(.bfloat16) } }
  }

  /// The output for a batch of pixels.
  public func apply(_ pixels: Tensor) throws -> Tensor {
    try body.apply(entry.apply(pixels).to(.bfloat16)).to(.float32)
  }

  private static func requireExplicit(_ stage: Stage) throws {
    switch stage.operation {
    case .implicit:
      throw DescriptionError("bfloat16 does not solve the implicit layer \(stage.name): compute it in fp32")
    case .residual(let shortcut, let branch, _): try (shortcut + branch).forEach(requireExplicit)
    case .highway(let shortcut, let gate, let branch): try (shortcut + gate + branch).forEach(requireExplicit)
    default: break
    }
  }
}
