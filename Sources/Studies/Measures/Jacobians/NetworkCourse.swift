import Foundation
import Lipschitz
import ResidualNets
import TorchCore

/// One network's Jacobians.
struct NetworkCourse {
  /// At the first image.
  let course: JacobianCourse
  /// Over all blocks and images, and end to end.
  let largestNorm, leastNorm, endToEnd: Double
  /// Whether α ≤ β/L_F by the rigorous bound.
  var isCovered = true
  var accuracy = Double.nan

  init(_ network: TaskNetwork, _ images: StudyImages) throws {
    let chain = NetworkChain(network)
    let pixels = try images.test.pixels.to(.float64)
    let courses = try (0..<images.test.count).map { try JacobianCourse(chain, pixels.narrowed(0, from: $0, count: 1)) }
    course = courses[0]
    let norms = courses.flatMap(\.norms)
    endToEnd = courses.compactMap(\.jacobian.last).map { pow(10, $0) }.max() ?? .nan
    largestNorm = max(norms.max() ?? .nan, endToEnd)
    leastNorm = norms.min() ?? .nan
  }

  func factor(_ logarithms: KeyPath<JacobianCourse, [Double]>) -> Double {
    JacobianCourse.factorPerStep(course[keyPath: logarithms])
  }
}
