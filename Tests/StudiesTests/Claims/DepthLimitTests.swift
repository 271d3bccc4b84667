import Foundation
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct DepthLimitTests {
  init() throws { try Torch.setThreads(1) }

  @Test func yieldsAnOutcome() throws { try expectOutcome(of: DepthLimitStudy()) }

  private func curve(_ losses: [Double]) -> TrainingCurve {
    TrainingCurve(losses: losses, epochLosses: [], diverged: losses.last?.isFinite == false)
  }

  @Test func aTrialComparesFirstAndLastTenth() {
    let trial = DepthTrial(layers: 8, curve: curve((0..<20).map { Double(20 - $0) }))
    #expect(trial.lastLoss == 1.5)
    let diverged = DepthTrial(layers: 8, curve: curve([3, .nan]))
    #expect(diverged.lastLoss == .infinity && !diverged.trains(classCount: 10))
    #expect(DepthTrial(layers: 8, curve: curve([0.74 * log(10)])).trains(classCount: 10))
    #expect(!DepthTrial(layers: 8, curve: curve([0.76 * log(10)])).trains(classCount: 10))
  }

  /// Networks that train up to ten layers at the first rate, and up to fourteen at the second.
  @Test func theLadderEndsWhereNothingTrains() throws {
    var tried: [Int] = []
    let ladder = try DepthLadder([6, 10, 14, 18, 22], rates: [1, 2], classCount: 10) { layers, rate in
      tried.append(layers)
      return DepthTrial(layers: layers, curve: curve([layers <= (rate == 1 ? 10 : 14) ? 1 : .infinity]))
    }
    #expect(ladder.limit == 14 && ladder.trials.map(\.layers) == [6, 10, 14, 18])
    #expect(tried == [6, 10, 14, 14, 18, 18], "a second rate only where the first does not train")
    let none = try DepthLadder([6, 10], rates: [1], classCount: 10) { layers, _ in
      DepthTrial(layers: layers, curve: curve([2.3]))
    }
    #expect(none.limit == 0 && none.trials.count == 1)
  }
}
