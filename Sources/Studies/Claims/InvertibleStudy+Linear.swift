import Foundation
import RandomStreams
import TorchCore

/// Linear F = cQ, whose error falls like c^k exactly. Source: Behrmann et al. 2019, Theorem 1.
extension InvertibleStudy {
  /// The largest relative deviation of the error from c^k.
  func linearDeviation(_ factors: [Double], _ stream: RandomStream) throws -> Double {
    let q = try Tensor.normal([16, 16], stream.stream("Q"), dtype: .float64).qr().q
    let x = try Tensor.normal([8, 16], stream.stream("x"), dtype: .float64)
    var largest = 0.0
    for c in factors {
      let errors = try inverse.errors(x) { try $0.matmul(q) * c }
      for (k, row) in errors.enumerated() {
        for (error, first) in zip(row, errors[0]) where !(error <= 1e-9) {
          guard error.isFinite else { return .infinity }
          largest = max(largest, abs(error / (first * pow(c, Double(k))) - 1))
        }
      }
    }
    return largest
  }

  func failures(_ stream: RandomStream) throws -> Judgement {
    let x = try Tensor.normal([8, 16], stream.stream("x"), dtype: .float64)
    func fold(_ x: Tensor) throws -> Tensor { try x - x.relu() * 2 }
    let meets = try fold(x).equal(fold(x.negated())).allTrue()
    let q = try Tensor.normal([16, 16], stream.stream("Q"), dtype: .float64).qr().q
    let errors = try ResidualInverse(iterations: 20).errors(x) { try $0.matmul(q) * 1.5 }
    let grows = zip(errors[20], errors[0]).allSatisfy { $0 > $1 }
    return Judgement(
      meets && grows,
      "x and −x \(meets ? "meet" : "do not meet"); cQ: the error \(grows ? "grows" : "does not grow") in 20 iterations")
  }
}
