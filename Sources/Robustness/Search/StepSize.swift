import Results
import TorchCore

/// α: how far one step goes.
public enum StepSize: Sendable, Hashable, Codable {
  /// α = factor·ε/steps; Madry et al. use the factor 2.5, which can cross the ball and come back.
  case perSteps(factor: Double)
  /// α = factor·ε.
  case relative(factor: Double)
  /// α in pixels, whatever ε is.
  case absolute(Rational)

  /// α for each sample's radius (N×1×1×1).
  func values(_ radii: Tensor, steps: Int) throws -> Tensor {
    switch self {
    case .perSteps(let factor): try radii * (factor / Double(steps))
    case .relative(let factor): try radii * factor
    case .absolute(let alpha): try radii * 0 + alpha.value
    }
  }

  func check(_ attack: String) throws {
    let factor =
      switch self {
      case .perSteps(let factor), .relative(let factor): factor
      case .absolute(let alpha): alpha.value
      }
    try RobustnessError.require(
      factor > 0 && factor.isFinite, "\(attack)'s step size", "must be above 0 and finite")
  }

  /// In words, for the report.
  var text: String {
    switch self {
    case .perSteps(let factor): "\(factor)·ε/steps"
    case .relative(let factor): "\(factor)·ε"
    case .absolute(let alpha): alpha.text
    }
  }
}
