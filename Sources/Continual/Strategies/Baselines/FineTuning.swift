/// One trunk trained on every task in turn: nothing protects what was learned before.
final class FineTuning: WholeNetworkStrategy {
  static let traits = StrategyTraits(scenarios: Set(Scenario.allCases), learnsOnline: true)

  let lengths: LessonLengths

  init(_ lengths: LessonLengths) { self.lengths = lengths }
}
