import OperatorNorms
import TorchCore

/// A matrix as it was computed in double precision, and how far in norm the true one may be from it.
struct RoundedMatrix {
  private let value: Tensor
  /// ‖|A|‖ of the computed matrix, with its rounding: no less than ‖|A|‖ of the true one.
  private let absolute: Double
  /// No less than ‖|computed − true|‖.
  private let error: Double

  /// Below this nothing is counted: what underflow may take, of matrices of any size that fits.
  private static let floor = 0x1p-500

  /// An exact matrix.
  init(_ value: Tensor) throws {
    self.init(value, absolute: try OperatorNorm.absoluteBound(ofMatrix: value), error: 0)
  }

  private init(_ value: Tensor, absolute: Double, error: Double) {
    (self.value, self.absolute, self.error) = (value, absolute, error)
  }

  /// No less than the norm of the true matrix.
  func norm() throws -> Double { try OperatorNorm.upperBound(ofMatrix: value).plusUp(error) }

  func transposed() throws -> RoundedMatrix {
    RoundedMatrix(try value.transposed().contiguous(), absolute: absolute, error: error)
  }

  /// The product: |fl(ÂB̂) − AB| ≤ γ|Â||B̂| + |Â − A||B̂| + |A||B̂ − B|.
  func times(_ other: RoundedMatrix) throws -> RoundedMatrix {
    let gamma = Rounding.gamma(value.size(1))
    let product = try value.matmul(other.value)
    let sizes = absolute.timesUp(other.absolute)
    let error =
      gamma.timesUp(sizes).plusUp(error.timesUp(other.absolute)).plusUp(absolute.timesUp(other.error))
      .plusUp(Self.floor)
    return RoundedMatrix(product, absolute: sizes.plusUp(error), error: error)
  }

  func plus(_ other: RoundedMatrix) throws -> RoundedMatrix {
    let sizes = absolute.plusUp(other.absolute)
    let error = Rounding.gamma(1).timesUp(sizes).plusUp(error).plusUp(other.error).plusUp(Self.floor)
    return RoundedMatrix(try value + other.value, absolute: sizes.plusUp(error), error: error)
  }

  /// - Parameter scale: 1×columns.
  func scalingColumns(_ scale: Tensor) throws -> RoundedMatrix {
    let largest = try scale.abs().max().item()
    let sizes = absolute.timesUp(largest)
    let error = Rounding.gamma(1).timesUp(sizes).plusUp(error.timesUp(largest)).plusUp(Self.floor)
    return RoundedMatrix(try value * scale, absolute: sizes.plusUp(error), error: error)
  }
}
