import Foundation
import ResidualNets
import TorchCore

/// dh/dt = λh for many λ at once, each a state of two numbers that A = [[a, −b], [b, a]] turns and shrinks, a ± ib = λ.
struct StiffGrid {
  let eigenvalues: [(real: Double, imaginary: Double)]

  /// |λ| from 0.1 to 1000 at angles from just left of the imaginary axis to the negative real axis.
  init(moduli: Int, angles: Int) {
    eigenvalues = (0..<moduli).flatMap { i in
      (0..<angles).map { j in
        let modulus = 0.1 * pow(10_000, Double(i) / Double(max(1, moduli - 1)))
        let angle = Double.pi * (0.52 + 0.48 * Double(j) / Double(max(1, angles - 1)))
        return (modulus * cos(angle), modulus * sin(angle))
      }
    }
  }

  /// F(h) = λh, n×2.
  private func field(_ h: Tensor) throws -> Tensor {
    let (a, b) = (try column(eigenvalues.map(\.real)), try column(eigenvalues.map(\.imaginary)))
    let (x, y) = (try h.narrowed(1, from: 0, count: 1), try h.narrowed(1, from: 1, count: 1))
    return try Tensor.concatenated([a * x - b * y, b * x + a * y], 1)
  }

  /// ln ‖h_L‖ − ln ‖h₀‖ a layer after `layers` steps. The state is scaled to length 1 before each: the field is linear.
  func rates(step: Double, layers: Int, backward: Bool) throws -> [Double] {
    var h = try column(eigenvalues.map { _ in 1 }) * Tensor([0.6, 0.8], [1, 2])
    var total = try column(eigenvalues.map { _ in 0 })
    let solver = ImplicitSolver(tolerance: 1e-12, iterationLimit: 100)
    for _ in 0..<layers {
      let next =
        backward
        ? try backwardEulerStep(h, step: step, solver: solver, site: "linear field", field) : try h + field(h) * step
      let length = try next.norm(2, [1], keepingDimensions: true)
      (h, total) = (try next / length, try total + length.log())
    }
    return try (total / Double(layers)).doubles()
  }

  /// ln |1 + τλ|.
  func forwardRates(step: Double) -> [Double] {
    eigenvalues.map { log(hypot(1 + step * $0.real, step * $0.imaginary)) }
  }

  /// −ln |1 − τλ|.
  func backwardRates(step: Double) -> [Double] {
    eigenvalues.map { -log(hypot(1 - step * $0.real, step * $0.imaginary)) }
  }

  private func column(_ values: [Double]) throws -> Tensor { try Tensor(values, [values.count, 1]) }
}
