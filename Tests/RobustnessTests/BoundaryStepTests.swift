import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

/// FAB's steps against equations 7 to 9 written with tensors in double precision, where the projections are found by
/// bisection (L∞, L2) and by sorting (L1).
@TorchActor @Suite struct BoundaryStepTests {
  init() throws { try useOneThread() }

  /// Images in the box, gradients and differences: pixels at corners, gradients with zeros and of nothing but zeros,
  /// planes that do not meet the box, planes on either side and through the point, points that are still clean.
  private struct Cases {
    let points: Tensor
    let clean: Tensor
    let gradients: Tensor
    let differences: Tensor

    init(_ shape: [Int], _ stream: RandomStream) throws {
      func drawn(_ name: String) throws -> Tensor { try Tensor.uniform(shape, stream.stream(name)) }
      func inBox(_ name: String) throws -> Tensor { try (drawn(name) * 2 - 0.5).clamped(0, 1) }
      let column = try Tensor.arange(shape[0], dtype: .float32).perImage()
      clean = try inBox("clean")
      points = try column.equal(3).select(clean, inBox("points"))
      let slopes = try Tensor.normal(shape, stream.stream("slopes")) * drawn("sizes").squared()
      let kept = try drawn("zeros").greater(0.2).and(column.equal(1).not())
      gradients = try kept.select(slopes, slopes.zerosLike())
      let pixels = shape[1...].reduce(1, *)
      differences = try Tensor(
        (0..<shape[0]).map { row in
          let (sign, size) = (row % 2 == 0 ? 1.0 : -1, [0.002, 0, 0.03, 0.3, 0.1, 9][row % 6])
          return sign * size * Double(pixels)
        }, [shape[0], 1, 1, 1])
    }
  }

  /// The shortest way of points N×d inside the box to planes whose values there lack `gap`, N×1.
  private func way(_ norm: PerturbationNorm, _ x: Tensor, _ w: Tensor, _ gap: Tensor) throws -> Tensor {
    let direction = try w.sign() * gap.less(0).select(gap.zerosLike() - 1, gap.zerosLike() + 1)
    let room = try direction.greater(0).select(1 - x, x) * direction.abs()
    let (gain, needed) = try (w.abs(), gap.abs())
    if norm == .l1 {
      let (gains, order) = try gain.sorted(1, descending: true)
      let rooms = try room.gathered(1, order)
      let before = try (gains * rooms).cumulativeSum(1) - gains * rooms
      let moved = try gains.greater(0).select((needed - before).clamped(0, .infinity) / gains, before.zerosLike())
      return try direction * moved.minimum(rooms).gathered(1, order.sorted(1).indices)
    }
    func moves(_ multiplier: Tensor) throws -> Tensor {
      try (norm == .linf ? gain.zerosLike() + multiplier : gain * multiplier).minimum(room)
    }
    var low = try gap.zerosLike()
    var high = try low + 1
    if norm == .l2 {
      high = try gain.greater(0).select(room / gain, room.zerosLike()).max([1], keepingDimensions: true)
    }
    for _ in 0..<100 {
      let middle = try (low + high) * 0.5
      let isShort = try (gain * moves(middle)).sum([1], keepingDimensions: true).less(needed)
      (low, high) = try (isShort.select(middle, low), isShort.select(high, middle))
    }
    return try direction * moves(high)
  }

  private func expected(_ cases: Cases, _ norm: PerturbationNorm, _ bias: Double, _ factor: Double) throws -> Tensor {
    let (x, c) = try (cases.points.to(.float64).flattened(), cases.clean.to(.float64).flattened())
    let w = try cases.gradients.to(.float64).flattened()
    let f = try cases.differences.reshaped([-1, 1])
    func length(_ shift: Tensor) throws -> Tensor {
      let p: Double = norm == .linf ? .infinity : norm == .l2 ? 2 : 1
      return try shift.norm(p, [1], keepingDimensions: true).clamped(1e-8, .infinity)
    }
    let d = try way(norm, x, w, f.negated())
    let d0 = try way(norm, c, w, (w * (x - c)).sum([1], keepingDimensions: true) - f)
    let α = try (length(d) / (length(d) + length(d0))).clamped(0, bias)
    let mean = try (x + d * factor) * (1 - α) + (c + d0 * factor) * α
    return try mean.clamped(0, 1).reshaped(cases.points.shape)
  }

  private func found(_ cases: Cases, _ norm: PerturbationNorm, _ bias: Double, _ factor: Double) throws -> Tensor {
    try cases.points.steppedToBoundary(
      clean: cases.clean, gradients: cases.gradients, differences: cases.differences, order: norm.order,
      largestBias: bias, extrapolation: factor)
  }

  @Test(arguments: PerturbationNorm.allCases) func stepIsThatOfTheEquations(_ norm: PerturbationNorm) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    for (number, shape) in [[13, 1, 1, 5], [24, 3, 4, 6], [12, 2, 9, 7], [12, 1, 28, 28], [6, 1, 1, 1]].enumerated() {
      let cases = try Cases(shape, RandomStream(seed: seed).stream(number))
      for (bias, factor) in [(0.1, 1.05), (0.5, 1.0), (1.0, 1.3)] {
        let expected = try expected(cases, norm, bias, factor)
        let found = try found(cases, norm, bias, factor)
        #expect(found.shape == shape)
        let error = try (found.to(.float64) - expected).abs().max().item()
        #expect(error < 1e-6, "seed \(seed), \(shape), \(norm), α_max \(bias), η \(factor)")
      }
    }
  }

  /// Neither does a row know of the others, nor does it matter how the images lie in memory.
  @Test(arguments: PerturbationNorm.allCases) func bitsDependOnTheRowAlone(_ norm: PerturbationNorm) throws {
    let cases = try Cases([12, 3, 5, 7], RandomStream(seed: 8))
    let whole = try found(cases, norm, 0.1, 1.05)
    let bytes = try whole.host().bytes
    let mixed = try cases.points.channelsLast().steppedToBoundary(
      clean: cases.clean, gradients: cases.gradients.channelsLast(), differences: cases.differences,
      order: norm.order, largestBias: 0.1, extrapolation: 1.05)
    #expect(try mixed.host().bytes == bytes)
    for row in 0..<12 {
      func one(_ tensor: Tensor) throws -> Tensor { try tensor.narrowed(0, from: row, count: 1) }
      let alone = try one(cases.points).steppedToBoundary(
        clean: one(cases.clean), gradients: one(cases.gradients), differences: one(cases.differences),
        order: norm.order, largestBias: 0.1, extrapolation: 1.05)
      #expect(try alone.host().bytes == one(whole).contiguous().host().bytes, "row \(row)")
    }
  }

  @Test func backwardStepMovesTheChosenOnly() throws {
    let cases = try Cases([9, 3, 5, 4], RandomStream(seed: 9))
    let chosen = (0..<9).map { $0 % 3 != 1 }
    let found = try cases.points.steppedBack(toward: cases.clean, where: chosen, part: 0.9)
    let (x, c) = try (cases.points.to(.float64), cases.clean.to(.float64))
    let moved = try (c + (x - c) * 0.9).clamped(0, 1)
    let expected = try sampleMask(chosen, like: x).select(moved, x)
    #expect(try (found.to(.float64) - expected).abs().max().item() < 2e-7)
    #expect(try found.narrowed(0, from: 1, count: 1).floats() == cases.points.narrowed(0, from: 1, count: 1).floats())
    #expect(try found.narrowed(0, from: 3, count: 1).floats() == cases.clean.narrowed(0, from: 3, count: 1).floats())
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let (x, f) = try (Tensor.zeros([2, 1, 2, 2]), Tensor.zeros([2], dtype: .float64))
    func step(_ clean: Tensor, _ w: Tensor, _ f: Tensor, order: Double = 2) throws {
      _ = try x.steppedToBoundary(
        clean: clean, gradients: w, differences: f, order: order, largestBias: 0.1, extrapolation: 1)
    }
    try step(x, x, f)
    #expect(throws: TorchError.self) { try step(Tensor.zeros([2, 1, 2, 3]), x, f) }
    #expect(throws: TorchError.self) { try step(x, x.to(.float64), f) }
    #expect(throws: TorchError.self) { try step(x, x, Tensor.zeros([3], dtype: .float64)) }
    #expect(throws: TorchError.self) { try step(x, x, f.to(.float32)) }
    #expect(throws: TorchError.self) { try step(x, x, f, order: 3) }
    #expect(throws: TorchError.self) { try x.steppedBack(toward: x, where: [true], part: 0.9) }
  }
}
