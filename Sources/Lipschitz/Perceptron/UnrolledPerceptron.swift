import OperatorNorms
import TorchCore

/// A perceptron as one system over its inputs and all of its decisions: h_j = max(z_j, 0) with z = Z(x, h), and the
/// logits Y(x, h).
///
/// A neuron decides about itself. Of a pair (a, b) that MaxMin sorts, h = max(a − b, 0) decides; its larger is b + h,
/// its smaller a − h, so that what is sorted goes on beside what was decided. Z is strictly lower triangular in h.
/// Biases are left out: constants do not depend on them.
struct UnrolledPerceptron {
  /// m×(d + m).
  let decisions: Tensor
  /// K×(d + m).
  let outputs: Tensor
  let inputs: Int
  /// m by layer.
  let widths: [Int]
  /// At least ‖δZ‖ and ‖δY‖ in the Frobenius norm, what rounding changed in them.
  let decisionError: Double
  let outputError: Double
  /// At least (|dx|² + Σ|dh|²)/|dx|², dh the differences of decisions behind dx.
  let reach: Double

  init(_ layers: [PerceptronLayer]) throws {
    let widths = layers.dropLast().map(\.decisions)
    let size = layers[0].inputs + widths.reduce(0, +)
    var values = try UnrolledRows(weight: .eye(layers[0].inputs, dtype: .float64), roundings: 0)
    var rows: [UnrolledRows] = []
    var (norm, reach) = (1.0, 1.0)
    for (index, layer) in layers.enumerated() {
      let sums = try values.multiplied(by: layer)
      guard index + 1 < layers.count else {
        values = sums
        break
      }
      norm = try norm.timesUp(layer.norm())
      let square = norm.timesUp(norm)
      if layer.sortsPairs {
        rows.append(try sums.differences())
        values = try sums.sorted()
        // |d(a − b)| ≤ √2 |d(a, b)|.
        reach = reach.plusUp(2 * square)
      } else {
        rows.append(sums)
        values = try UnrolledRows(
          weight: .eye(layer.outputs, dtype: .float64).padded(left: sums.columns, right: 0, top: 0, bottom: 0),
          roundings: 0)
        reach = reach.plusUp(square)
      }
    }
    (inputs, self.widths, self.reach) = (layers[0].inputs, widths, reach)
    decisions = try .concatenated(rows.map { try $0.weight.filled(to: size) })
    outputs = values.weight
    decisionError = try rows.reduce(0) { try $0.plusUp($1.error()) }
    outputError = try values.error()
  }

  /// v_j = e_j − z_j as rows m×(d + m).
  func rows() throws -> Tensor {
    try Tensor.eye(decisions.size(0), dtype: .float64).padded(left: inputs, right: 0, top: 0, bottom: 0) - decisions
  }

  /// The search for multipliers, over as many inputs as there are rows: the form depends on what x adds to them through
  /// its Gram matrix alone.
  func program() throws -> SlopeProgram {
    let (rows, neurons) = (try rows(), decisions.size(0))
    let all = try Tensor.concatenated([rows, outputs])
    let pixels = try all.narrowed(1, from: 0, count: inputs)
    let reduced = try all.size(0) < inputs ? pixels.transposed().qr().r.transposed() : pixels
    let joined = try Tensor.concatenated([reduced, all.narrowed(1, from: inputs, count: neurons)], 1)
    return try SlopeProgram(
      rows: joined.narrowed(0, from: 0, count: neurons),
      outputs: joined.narrowed(0, from: neurons, count: outputs.size(0)), widths: widths)
  }
}

/// Rows over the inputs and those decisions that came so far.
private struct UnrolledRows {
  let weight: Tensor
  /// The products of the absolute values of all factors.
  let magnitude: Tensor
  /// Each element is off by at most γ_r times its magnitude.
  let roundings: Int

  /// An exact matrix.
  init(weight: Tensor, roundings: Int) throws {
    self.init(weight: weight, magnitude: try weight.abs(), roundings: roundings)
  }

  private init(weight: Tensor, magnitude: Tensor, roundings: Int) {
    self.weight = weight
    self.magnitude = magnitude
    self.roundings = roundings
  }

  var columns: Int { weight.size(1) }

  func multiplied(by layer: PerceptronLayer) throws -> UnrolledRows {
    try UnrolledRows(
      weight: layer.weight.matmul(weight), magnitude: layer.magnitude.matmul(magnitude),
      roundings: roundings + layer.roundings + layer.inputs + 1)
  }

  /// a − b of each pair.
  func differences() throws -> UnrolledRows {
    let ((a, b), sizes) = try (weight.halves(0), magnitude.halves(0))
    return try UnrolledRows(weight: a - b, magnitude: sizes.0 + sizes.1, roundings: roundings + 1)
  }

  /// b + h over a − h, h the decisions that come next.
  func sorted() throws -> UnrolledRows {
    let ((a, b), sizes) = try (weight.halves(0), magnitude.halves(0))
    let identity = try Tensor.eye(a.size(0), dtype: .float64)
    return try UnrolledRows(
      weight: .concatenated(
        [.concatenated([b, identity], 1), .concatenated([a, identity.negated()], 1)]),
      magnitude: .concatenated(
        [.concatenated([sizes.1, identity], 1), .concatenated([sizes.0, identity], 1)]), roundings: roundings)
  }

  /// At least the Frobenius norm of what rounding changed; twice, because the magnitude was rounded in the same way.
  func error() throws -> Double { try (2 * Rounding.gamma(roundings)).timesUp(magnitude.frobeniusUp()) }
}

extension Tensor {
  /// With columns of zeros behind it.
  fileprivate func filled(to columns: Int) throws -> Tensor {
    try padded(left: 0, right: columns - size(1), top: 0, bottom: 0)
  }
}
