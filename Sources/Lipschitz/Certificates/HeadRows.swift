import OperatorNorms
import TorchCore

/// The rows of a last layer z = W h + b, for margins between classes: what they weigh, and what rounding may add.
struct HeadRows {
  /// K×F, in double precision.
  let weight: Tensor
  /// ‖w_j‖ by class, rounded up.
  let rowNorms: [Double]
  let biases: [Double]
  /// The length of the inner products, bias and difference included.
  let width: Int
  private let normInflation: Double
  /// For the labels met so far.
  private var known: [Int: [Double]] = [:]

  init(weight: Tensor, bias: Tensor) throws {
    let inflation = 1 + Rounding.gamma(weight.size(1) + 4)
    self.weight = weight
    normInflation = inflation
    width = weight.size(1) + 2
    rowNorms = try weight.norm(2, [1]).doubles().map { $0.timesUp(inflation) }
    biases = try bias.doubles()
  }

  var largestRowNorm: Double { rowNorms.max() ?? 0 }
  var largestBias: Double { biases.map { abs($0) }.max() ?? 0 }

  /// ‖w_label − w_j‖ for every class j, rounded up.
  mutating func distances(from label: Int) throws -> [Double] {
    if let known = known[label] { return known }
    let inflation = normInflation
    let row = try weight.narrowed(0, from: label, count: 1)
    let values = try (weight - row).norm(2, [1]).doubles().map { $0.timesUp(inflation) }
    known[label] = values
    return values
  }

  /// What computing z_label − z_rival in double precision may be off by.
  func rounding(_ label: Int, _ rival: Int, logits: [Double], featureNorm: Double) -> Double {
    let norms = rowNorms[label] + rowNorms[rival]
    let sizes = abs(biases[label]) + abs(biases[rival]) + abs(logits[label]) + abs(logits[rival])
    return Rounding.gamma(width) * (norms * featureNorm + sizes)
  }
}
