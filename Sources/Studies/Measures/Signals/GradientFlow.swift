import Foundation
import ResidualNets
import TorchCore

/// Gradient norms h₀ … h_L of one network and the gains of its branches.
struct GradientFlow {
  let norms: [Double]
  let gains: [Double]

  init(_ network: TaskNetwork, _ batch: LabelledTensors) throws {
    let flow = try SignalGradients(network, batch.pixels.to(.float64), labels: batch.targets)
    norms = try flow.norms()
    gains = try flow.branchGains()
  }

  var firstToLast: Double { norms[0] / norms[norms.count - 1] }
  var factorPerBlock: Double { 1 / Statistics.factorPerStep(norms) }
  var meanGain: Double { Statistics.mean(gains) }
  var relativeNorms: [Double] { norms.map { $0 / norms[norms.count - 1] } }

  /// Relative norms as they would be if each block multiplied them by `law` of its gain.
  func predicted(_ law: (Double) -> Double) -> [Double] {
    gains.reversed().reduce(into: [1]) { $0.append($0[$0.count - 1] * law($1)) }.reversed()
  }

  /// ln of the growth measured, as a share of that if each branch's gradient pointed along the skip's.
  var shareOfAligned: Double { log(firstToLast) / log(predicted { 1 + $0 }[0]) }
  /// The same if it were orthogonal to it.
  var shareOfOrthogonal: Double { log(firstToLast) / log(predicted { (1 + $0 * $0).squareRoot() }[0]) }
}
