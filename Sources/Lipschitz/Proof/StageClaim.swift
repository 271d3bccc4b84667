import OperatorNorms

/// What a certificate says of one stage: no two inputs are taken further apart than `upper` times their distance, in
/// L2.
public struct StageClaim: Sendable, Hashable, Codable {
  public let name: String
  /// What the operation is, in words.
  public let kind: String
  public var upper: Double
  /// How the norm of a convolution was bounded; a check takes the same way by other means.
  public let method: Method?
  /// Of a linear operation: what its norm is not below.
  public let witness: Witness?
  /// Of a block: the bounds of its parts, and how they compose.
  public var block: Block?

  /// ``OperatorNorms/OperatorNorm/Method`` as a file says it.
  public enum Method: Sendable, Hashable, Codable {
    case matrix
    case spectrum(points: [Int])
    case unfoldedKernel
    case absoluteSums
    case zero
  }

  /// ‖Av‖/‖v‖ after power iteration from a vector that a seed gives again: of the stream "lower bound", then of the
  /// stage's name.
  public struct Witness: Sendable, Hashable, Codable {
    public let seed: Int
    public let iterations: Int
    public let lower: Double
  }

  /// ‖shortcut‖ + |scale| · ‖branch‖ of a residual block, 1 / (1 − |scale| · ‖branch‖) of the root of an implicit one.
  public struct Block: Sendable, Hashable, Codable {
    public enum Composition: String, Sendable, Hashable, Codable {
      case residual, root
    }

    public let composition: Composition
    public let scale: Double
    public var shortcut: [StageClaim]
    public var branch: [StageClaim]
  }
}

extension StageClaim.Method {
  init(_ method: OperatorNorm.Method) {
    self =
      switch method {
      case .matrix: .matrix
      case .spectrum(let points): .spectrum(points: points)
      case .unfoldedKernel: .unfoldedKernel
      case .absoluteSums: .absoluteSums
      case .zero: .zero
      }
  }

  var asMethod: OperatorNorm.Method {
    switch self {
    case .matrix: .matrix(rows: 0, columns: 0)
    case .spectrum(let points): .spectrum(points: points)
    case .unfoldedKernel: .unfoldedKernel
    case .absoluteSums: .absoluteSums
    case .zero: .zero
    }
  }

  private enum CodingKeys: CodingKey { case name, points }

  private var name: String {
    switch self {
    case .matrix: "matrix"
    case .spectrum: "spectrum"
    case .unfoldedKernel: "unfolded kernel"
    case .absoluteSums: "absolute sums"
    case .zero: "zero"
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let name = try container.decode(String.self, forKey: .name)
    let points = try container.decodeIfPresent([Int].self, forKey: .points) ?? []
    let known: [StageClaim.Method] = [
      .matrix, .spectrum(points: points), .unfoldedKernel, .absoluteSums, .zero,
    ]
    guard let method = known.first(where: { $0.name == name }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container, debugDescription: "no way to a bound is called '\(name.prefix(40))'")
    }
    self = method
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    if case .spectrum(let points) = self { try container.encode(points, forKey: .points) }
  }
}
