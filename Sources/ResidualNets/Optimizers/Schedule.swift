import Foundation

/// The learning rate over training, as a factor of the initial one.
public enum Schedule: Sendable, Hashable, Codable {
  case constant
  /// ½(1 + cos(π t / T)), from 1 to 0. Source: Loshchilov & Hutter 2017, without restarts.
  case cosine
  /// × factor at each milestone, given as a fraction of training.
  case step(milestones: [Double], factor: Double)

  /// The factor at step `step` of `total`.
  public func factor(step: Int, total: Int) -> Double {
    switch self {
    case .constant: 1
    case .cosine: 0.5 * (1 + cos(Double.pi * Double(step) / Double(max(total, 1))))
    case .step(let milestones, let factor):
      pow(factor, Double(milestones.count { Double(step) >= $0 * Double(total) }))
    }
  }
}
