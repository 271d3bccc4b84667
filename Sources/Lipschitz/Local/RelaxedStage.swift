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
    /// No line at all: the output's own box.
    case box(Enclosure)
    /// `size` is |shortcut| + |scale||branch| over the boxes.
    case sum(shortcut: [RelaxedStage], branch: [RelaxedStage], scale: Double, size: Tensor)
  }

  let input: Enclosure
  let relaxation: Relaxation
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
