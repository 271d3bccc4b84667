import TorchCore

/// How far a Jacobian reaches: its entries by the distance of output and input position on an H×W grid, the larger of
/// the differences of row and column.
struct JacobianField {
  /// The share of entries that are not zero, by distance 0, 1, ….
  let shares: [Double]
  /// The mean of their absolute values.
  let magnitudes: [Double]

  enum Layout {
    /// C×H×W, of convolutions.
    case channelsFirst
    /// HW×C, of tokens.
    case channelsLast
  }

  /// - Parameter jacobian: (C·H·W)×(C·H·W).
  init(_ jacobian: Tensor, height: Int, width: Int, layout: Layout) throws {
    let positions = height * width
    let channels = jacobian.size(0) / positions
    let split: Tensor
    switch layout {
    case .channelsFirst:
      split = try jacobian.reshaped([channels, positions, channels, positions]).permuted([1, 3, 0, 2])
    case .channelsLast:
      split = try jacobian.reshaped([positions, channels, positions, channels]).permuted([0, 2, 1, 3])
    }
    let sizes = try split.abs()
    let isPresent = try sizes.greater(0).to(.float64).mean([2, 3])
    let mean = try sizes.to(.float64).mean([2, 3])
    let distances = try Self.distances(height: height, width: width)
    let masks = try (0..<max(height, width)).map { try distances.equal(Double($0)).to(.float64) }
    shares = try masks.map { try (isPresent * $0).sum().item() / $0.sum().item() }
    magnitudes = try masks.map { try (mean * $0).sum().item() / $0.sum().item() }
  }

  private init(shares: [Double], magnitudes: [Double]) {
    self.shares = shares
    self.magnitudes = magnitudes
  }

  /// The mean of several of one size, such as of several images.
  static func mean(_ fields: [JacobianField]) -> JacobianField {
    func mean(_ values: [[Double]]) -> [Double] {
      (values.first ?? []).indices.map { place in Statistics.mean(values.map { $0[place] }) }
    }
    return JacobianField(shares: mean(fields.map(\.shares)), magnitudes: mean(fields.map(\.magnitudes)))
  }

  /// The largest distance with an entry that is not zero; −1 for none.
  var reach: Int { shares.lastIndex { $0 > 0 } ?? -1 }

  /// HW×HW.
  private static func distances(height: Int, width: Int) throws -> Tensor {
    func grid(_ n: Int, _ shape: [Int]) throws -> Tensor {
      try Tensor.arange(n, dtype: .float64).reshaped(shape).expanded([height, width]).reshaped([height * width])
    }
    func differences(_ places: Tensor) throws -> Tensor {
      try (places.reshaped([-1, 1]) - places.reshaped([1, -1])).abs()
    }
    return try differences(grid(height, [height, 1])).maximum(differences(grid(width, [1, width])))
  }
}
