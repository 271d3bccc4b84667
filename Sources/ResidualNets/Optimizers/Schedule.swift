import Foundation

/// The learning rate over training, as a factor of the initial one.
public enum Schedule: Sendable, Hashable, Codable {
  case constant
  /// ½(1 + cos(π t / T)), from 1 to 0. Source: Loshchilov & Hutter 2017, without restarts.
  case cosine
  /// From 0 in a line up to 1 at two fifths of training, and in a line down to 0. Source: Wong et al. 2020, whose
  /// program takes the rate of a step's end.
  case cyclic
  /// × factor at each milestone, given as a fraction of training.
  case step(milestones: [Double], factor: Double)

  /// The factor at step `step` of `total`.
  public func factor(step: Int, total: Int) -> Double {
    switch self {
    case .constant: 1
    case .cosine: 0.5 * (1 + cos(Double.pi * Double(step) / Double(max(total, 1))))
    case .cyclic: Self.triangle(Double(step + 1) / Double(max(total, 1)), peak: 0.4)
    case .step(let milestones, let factor):
      pow(factor, Double(milestones.count { Double(step) >= $0 * Double(total) }))
    }
  }

  /// From 0 at 0 in a line to 1 at the peak, and to 0 at 1.
  private static func triangle(_ t: Double, peak: Double) -> Double { max(0, min(t / peak, (1 - t) / (1 - peak))) }
}
