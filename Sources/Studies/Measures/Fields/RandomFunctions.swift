import RandomStreams
import TorchCore

/// n points from 0 to 1; 1×n, float64.
func unitInterval(_ n: Int) throws -> Tensor {
  try Tensor.arange(n, dtype: .float64).reshaped([1, n]) / Double(n - 1)
}

/// Random functions on ``unitInterval(_:)``; K×n, float64.
enum RandomFunctions {
  /// White noise, steps, random walks and smooth curves, as many of each, every one at its own size between 10⁻³ and
  /// 10³.
  static func mixed(_ count: Int, points n: Int, _ stream: RandomStream) throws -> Tensor {
    let each = count / 4
    func noise(_ name: String, _ columns: Int) throws -> Tensor {
      try Tensor.normal([each, columns], stream.stream(name), dtype: .float64)
    }
    let held = (n + 31) / 32
    let steps = try noise("steps", held).reshaped([each, held, 1]).expanded([each, held, 32]).reshaped([
      each, held * 32,
    ])
    .narrowed(1, from: 0, count: n)
    let all = try Tensor.concatenated([
      noise("noise", n), steps, noise("walk", n).cumulativeSum(1),
      noise("smooth", n).cumulativeSum(1).cumulativeSum(1),
    ])
    let size = try ((Tensor.uniform([4 * each, 1], stream.stream("size"), dtype: .float64) * 2 - 1) * log1000).exp()
    return try all / all.abs().max([1], keepingDimensions: true) * size
  }

  /// Rising by random steps.
  static func rising(_ count: Int, points n: Int, _ stream: RandomStream) throws -> Tensor {
    try Tensor.normal([count, n], stream, dtype: .float64).abs().cumulativeSum(1)
  }

  /// Falling by random steps, nowhere faster than x rises.
  static func falling(_ count: Int, points n: Int, _ stream: RandomStream) throws -> Tensor {
    try Tensor.uniform([count, n], stream, dtype: .float64).cumulativeSum(1) * (-1 / Double(n - 1))
  }

  private static let log1000 = 6.907755278982137
}
