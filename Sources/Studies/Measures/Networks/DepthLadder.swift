import Foundation
import ResidualNets
import TorchCore

/// How training went at one depth.
struct DepthTrial {
  let layers: Int
  /// The mean loss of the last tenth of the steps; infinite where training diverged.
  let lastLoss: Double
  let losses: [Double]

  init(layers: Int, curve: TrainingCurve) {
    self.layers = layers
    losses = curve.losses
    let tenth = max(1, curve.losses.count / 10)
    lastLoss = curve.diverged ? .infinity : Statistics.mean(curve.losses.suffix(tenth))
  }

  /// Whether three quarters of the loss of guessing, log K, are reached.
  func trains(classCount: Int) -> Bool { lastLoss < 0.75 * log(Double(classCount)) }
}

/// Climbs to deeper networks for as long as they train.
struct DepthLadder {
  /// One for each depth climbed, the last perhaps one that does not train.
  let trials: [DepthTrial]
  /// Layers of the deepest network up to which all train; 0 where the first does not.
  let limit: Int

  /// - Parameters:
  ///   - depths: ascending.
  ///   - rates: learning rates; a depth trains if it does with one of them.
  init<Depth>(
    _ depths: [Depth], rates: [Double], classCount: Int, trial: (Depth, _ rate: Double) throws -> DepthTrial
  ) throws {
    var trials: [DepthTrial] = []
    for depth in depths {
      let best = try best(
        ofRates: rates, loss: \DepthTrial.lastLoss, isEnough: { $0.trains(classCount: classCount) }
      ) { try trial(depth, $0) }
      trials.append(best)
      guard best.trains(classCount: classCount) else { break }
    }
    self.trials = trials
    limit = trials.last { $0.trains(classCount: classCount) }?.layers ?? 0
  }
}
