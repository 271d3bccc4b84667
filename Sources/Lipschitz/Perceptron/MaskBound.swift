import OperatorNorms
import TorchCore

/// The largest ‖W_k D_{k−1} ⋯ D_1 W_1‖ over all patterns D of open and closed ReLUs, and of pairs that MaxMin leaves or
/// swaps.
///
/// f(a) − f(b) = W_k D_{k−1} ⋯ D_1 W_1 (a − b) with entries of D in [0, 1] (of a pair, D mixes the pair as it is and
/// swapped); the norm is convex in each entry, so its
/// maximum lies at patterns of 0 and 1. Every pattern is tried, reached or not: an upper bound, equal to the constant
/// where the worst pattern is that of some input.
struct MaskBound {
  private let layers: [PerceptronLayer]
  private let neurons: Int
  /// Patterns in one batch.
  private let chunk: Int

  init(_ layers: [PerceptronLayer]) {
    self.layers = layers
    neurons = layers.hiddenNeurons
    let width = layers.map(\.outputs).max() ?? 1
    chunk = max(1, Self.mostElements / max(1, width * layers[0].inputs))
  }

  private static let mostElements = 1 << 21
  /// Neurons whose patterns can be counted at all.
  static let mostNeurons = 40

  /// - Parameter absolute: at least the norm of the product of all magnitudes.
  func upper(absolute: Double) throws -> Double {
    let patterns = 1 << neurons
    var largest = 0.0
    for start in stride(from: 0, to: patterns, by: chunk) {
      let places = start..<min(start + chunk, patterns)
      largest = max(largest, try OperatorNorm.upperBound(ofMatrices: products(of: masks(places))))
    }
    // Closing neurons leaves fewer terms, so one bound on all roundings serves every pattern.
    return largest.plusUp((2 * Rounding.gamma(layers.productLength)).timesUp(absolute))
  }

  /// B×m, the binary digits of each pattern's number.
  private func masks(_ patterns: Range<Int>) throws -> Tensor {
    let numbers = try Tensor.arange(patterns.count, dtype: .float64) + Double(patterns.lowerBound)
    let column = try numbers.reshaped([-1, 1])
    let weights = try Tensor((0..<neurons).map { Double(1 << $0) }, [1, neurons])
    let shifted = try (column / weights).floor()
    return try shifted - (shifted * 0.5).floor() * 2
  }

  private func products(of masks: Tensor) throws -> Tensor {
    var product = try layers[0].weight.reshaped([1, layers[0].outputs, layers[0].inputs])
    var start = 0
    for (layer, next) in zip(layers, layers.dropFirst()) {
      let mask = try masks.narrowed(1, from: start, count: layer.decisions).reshaped([-1, layer.decisions, 1])
      if layer.sortsPairs {
        let (a, b) = try product.halves(1)
        let stays = try mask.greater(0)
        product = try .concatenated([stays.select(a, b), stays.select(b, a)], 1)
      } else {
        product = try product * mask
      }
      product = try next.weight.matmul(product)
      start += layer.decisions
    }
    return product
  }
}
