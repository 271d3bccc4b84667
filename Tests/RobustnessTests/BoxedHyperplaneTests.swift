import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

/// The projection on a hyperplane inside the box, which is FAB's step without bias and extrapolation, against solvers
/// in plain Swift that take another way.
@TorchActor @Suite struct BoxedHyperplaneTests {
  init() throws { try useOneThread() }

  /// One case: a point of the box, a normal and an offset; pixels on the box's faces and weights of zero among them.
  private struct Case {
    let point: [Double]
    let normal: [Double]
    let offset: Double

    init(_ width: Int, _ generator: inout some RandomNumberGenerator) {
      let point = (0..<width).map { _ in
        [0, 1, Double.random(in: 0...1, using: &generator)][Int.random(in: 0...2, using: &generator)]
      }
      let normal = (0..<width).map { _ in
        Int.random(in: 0...4, using: &generator) == 0 ? 0 : Double.random(in: -2...2, using: &generator)
      }
      let value = zip(point, normal).reduce(0) { $0 + $1.0 * $1.1 }
      (self.point, self.normal) = (point, normal)
      // Some hyperplanes do not meet the box.
      offset = value + Double.random(in: -1...1, using: &generator) * Double(width) * 0.6
    }

    /// b − ⟨w, x⟩.
    var gap: Double { offset - zip(point, normal).reduce(0) { $0 + $1.0 * $1.1 } }

    /// How far each pixel can move toward the hyperplane, and which way.
    var way: [(sign: Double, room: Double)] {
      zip(point, normal).map { pixel, weight in
        let sign = weight == 0 ? 0.0 : (weight > 0) == (gap >= 0) ? 1 : -1
        return (sign, sign == 0 ? 0 : sign > 0 ? 1 - pixel : pixel)
      }
    }

    var reach: Double { zip(way, normal).reduce(0) { $0 + $1.0.room * abs($1.1) } }
  }

  private func shifts(_ norm: PerturbationNorm, _ cases: [Case], _ width: Int) throws -> [[Double]] {
    let flat = try ways(
      norm, from: cases.map(\.point), toward: cases.map(\.normal), differences: cases.map { -$0.gap })
    return cases.indices.map { Array(flat[$0 * width..<($0 + 1) * width]) }
  }

  /// From points x to the hyperplanes f + ⟨w, z − x⟩ = 0, one after another.
  private func ways(
    _ norm: PerturbationNorm, from points: [[Double]], toward normals: [[Double]], differences: [Double]
  ) throws -> [Double] {
    let shape = [points.count, 1, 1, points[0].count]
    let x = try Tensor(points.flatMap(\.self), shape)
    let end = try x.steppedToBoundary(
      clean: x, gradients: Tensor(normals.flatMap(\.self), shape),
      differences: Tensor(differences, [differences.count]), order: norm.order, largestBias: 0, extrapolation: 1)
    return try (end - x).doubles()
  }

  private func eachCase(
    _ norm: PerturbationNorm, _ check: (_ problem: Case, _ shift: [Double], _ place: Comment) -> Void
  ) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = RandomStream(seed: seed).generator
    for width in [1, 2, 7, 40] {
      let cases = (0..<40).map { _ in Case(width, &generator) }
      for (problem, shift) in zip(cases, try shifts(norm, cases, width)) {
        check(problem, shift, "seed \(seed), width \(width), \(norm)")
      }
    }
  }

  @Test(arguments: [PerturbationNorm.linf, .l2]) func shiftMatchesBisection(_ norm: PerturbationNorm) throws {
    try eachCase(norm) { problem, shift, place in
      func moved(_ multiplier: Double) -> [Double] {
        zip(problem.way, problem.normal).map { way, weight in
          way.sign * min(way.room, multiplier * (norm == .l2 ? abs(weight) : 1))
        }
      }
      var (low, high) = (0.0, 1.0)
      let wanted = min(abs(problem.gap), problem.reach)
      func gain(_ multiplier: Double) -> Double {
        zip(moved(multiplier), problem.normal).reduce(0) { $0 + abs($1.0 * $1.1) }
      }
      while gain(high) < wanted * (1 - 1e-14), high < 1e6 { high *= 2 }
      for _ in 0..<60 {
        let middle = (low + high) / 2
        if gain(middle) < wanted { low = middle } else { high = middle }
      }
      // Small weights make the place on L2's way ill-conditioned, so that a pixel agrees to what the gain allows.
      let expected = moved(high)
      #expect(zip(shift, expected).allSatisfy { abs($0 - $1) < 1e-9 }, place)
    }
  }

  /// The length of the shift equals the largest value of the dual problem, μ·|gap| − Σ r·max(μu − 1, 0), which is
  /// attained at a corner μ = 1/u: no feasible shift is shorter.
  @Test func shiftInL1IsOptimalByDuality() throws {
    try eachCase(.l1) { problem, shift, place in
      let needed = min(abs(problem.gap), problem.reach)
      let gain = zip(shift, problem.normal).reduce(0) { $0 + $1.0 * $1.1 } * (problem.gap < 0 ? -1 : 1)
      #expect(abs(gain - needed) < 1e-10, place)
      let end = zip(problem.point, shift).map(+)
      #expect(end.allSatisfy { $0 >= -1e-12 && $0 <= 1 + 1e-12 }, place)
      func dual(_ multiplier: Double) -> Double {
        var value = multiplier * needed
        for (way, weight) in zip(problem.way, problem.normal) {
          value -= way.room * max(0, multiplier * abs(weight) - 1)
        }
        return value
      }
      let bound = problem.normal.filter { $0 != 0 }.map { dual(1 / abs($0)) }.max() ?? 0
      #expect(abs(shift.reduce(0) { $0 + abs($1) } - max(0, bound)) < 1e-9, place)
    }
  }

  @Test func unreachableEndsInTheCornerAndNoNormalMovesNothing() throws {
    for norm in PerturbationNorm.allCases {
      let found = try ways(
        norm, from: [[0.25, 0.5, 0.75], [0.1, 0.2, 0.3]], toward: [[1, -2, 0], [0, 0, 0]], differences: [-9.75, -1])
      #expect(found == [0.75, -0.5, 0, 0, 0, 0])
    }
  }
}
