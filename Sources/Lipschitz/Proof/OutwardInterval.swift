import OperatorNorms

/// A number that is not negative, known from both sides: every operation rounds outward.
struct OutwardInterval {
  let low: Double
  let high: Double

  init(_ value: Double) {
    low = value
    high = value
  }

  private init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  /// The product of what stages are stated to have; 1 for none.
  init(composing stages: [StageClaim]) {
    self = stages.reduce(OutwardInterval(1)) { OutwardInterval($1.upper) * $0 }
  }

  static func * (a: OutwardInterval, b: OutwardInterval) -> OutwardInterval {
    OutwardInterval(low: a.low.timesDown(b.low), high: a.high.timesUp(b.high))
  }

  static func + (a: OutwardInterval, b: OutwardInterval) -> OutwardInterval {
    OutwardInterval(low: a.low.plusDown(b.low), high: a.high.plusUp(b.high))
  }

  /// 1 / (1 − self); infinite from above where self may reach 1.
  var resolvent: OutwardInterval {
    let (nearest, furthest) = ((1 - high).nextDown, (1 - low).nextUp)
    return OutwardInterval(
      low: furthest > 0 ? (1 / furthest).nextDown : .infinity, high: nearest > 0 ? (1 / nearest).nextUp : .infinity)
  }
}
