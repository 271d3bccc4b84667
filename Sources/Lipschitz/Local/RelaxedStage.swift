import TorchCore

/// A stage between two linear functions of its input, as they hold on the box of that input.
struct RelaxedStage {
  /// lower slope · x + lower intercept ≤ y ≤ upper slope · x + upper intercept, unit by unit.
  struct Lines {
    let lowerSlope: Tensor
    /// Nil for 0.
    let lowerIntercept: Double?
    let upperSlope: Tensor
    let upperIntercept: Tensor
  }

  enum Relaxation {
    /// The map itself; `size` is |W||x| + |b| over the box.
    case affine(AffineMap, size: Tensor)
    case lines(Lines)
    /// max(a, b) = b + max(a − b, 0) and min(a, b) = a − max(a − b, 0), with lines around the ReLU of each a − b.
    case pairs(Lines)
    /// No line at all: the output's own box.
    case box(Enclosure)
    /// `size` is |shortcut| + |scale||branch| over the boxes.
    case sum(shortcut: [RelaxedStage], branch: [RelaxedStage], scale: Double, size: Tensor)
  }

  let input: Enclosure
  let relaxation: Relaxation

  /// At least the largest number of each sample that is met on the way to the output, N; nil where none is larger than
  /// those of the input.
  func peak() throws -> Tensor? {
    switch relaxation {
    case .affine(let map, let size): try size.flattened().max([1]) * map.passing
    case .lines, .pairs, .box: nil
    case .sum(let shortcut, let branch, _, let size):
      try (shortcut + branch).peak().map { try $0.maximum(size.flattened().max([1])) } ?? size.flattened().max([1])
    }
  }
}

extension [RelaxedStage] {
  /// The largest of all stages.
  func peak() throws -> Tensor? {
    try reduce(nil) { largest, stage in
      guard let next = try stage.peak() else { return largest }
      return try largest?.maximum(next) ?? next
    }
  }
}

extension RelaxedStage.Lines {
  /// The lines around max(x, 0) (Zhang et al. 2018): above, the chord over [l, u]; below, x itself where u > −l and 0
  /// elsewhere, the one with less area between. The chord's slope may be rounded: at either end of the interval, and so
  /// between them, the intercept makes up for it.
  init(reluOn box: Enclosure) throws {
    let (low, high) = (box.lower, box.upper)
    let zero = try low.zerosLike()
    let (isOn, isOff) = (try low.greaterOrEqual(0), try high.lessOrEqual(0))
    let slope = try (high / (high - low)).clamped(0, 1)
    let above = try (slope * low).negated().maximum((1 - slope) * high) * (1 + LocalRounding.own(1))
    let crosses = try isOn.or(isOff).not()
    let one = try zero + 1
    lowerSlope = try isOn.or(crosses.and((high + low).greater(0))).select(one, zero)
    lowerIntercept = nil
    upperSlope = try isOn.select(one, isOff.select(zero, slope))
    upperIntercept = try crosses.select(above, zero)
  }

  /// Around x·Φ(x): those of max(x, 0), the lower one by 0.17 lower.
  init(geluOn box: Enclosure) throws {
    let relu = try RelaxedStage.Lines(reluOn: box)
    (lowerSlope, lowerIntercept) = (relu.lowerSlope, GELURange.least)
    (upperSlope, upperIntercept) = (relu.upperSlope, relu.upperIntercept)
  }
}
