import RandomStreams
import TorchCore

/// The grid of windows from which Square starts in L2, in the middle of the image: windows of a fifth of its shorter
/// side, as many as fit.
struct SquareTiling {
  let height: Int
  let width: Int

  private var side: Int { max(1, min(height, width) / 5) }
  private var rows: Int { height / side }
  private var columns: Int { width / side }

  /// A bump in every window, upright or on its side with equal odds, and of either sign in every channel: fp32 N×C×H×W.
  /// - Parameter streams: one an image.
  func perturbations(channels: Int, _ streams: [RandomStream], on device: Device) throws -> Tensor {
    let count = rows * columns
    let row = try tile(height, rows).reshaped([1, 1, height, 1])
    let column = try tile(width, columns).reshaped([1, 1, 1, width])
    let isInside = try row.greaterOrEqual(0).and(row.less(Double(rows))).and(
      column.greaterOrEqual(0).and(column.less(Double(columns))))
    // Pixels of the margin belong to no window; they read the first one's draws and have no bump.
    let windows = try isInside.select(row * Double(columns) + column, isInside.to(.float64) * 0)
      .to(.int64).reshaped([-1])
    let signs =
      try Tensor.uniform(perSample: streams.map { $0.stream("sign") }, [channels, count])
      .less(0.5).to(.float32) * 2 - 1
    let turned = try Tensor.uniform(perSample: streams.map { $0.stream("turn") }, [1, count]).less(0.5).to(.float64)
    let bump = SquareBump(side: side)
    let places = try bump.places(
      offset(height, rows).reshaped([1, 1, height, 1]) - row * Double(side),
      offset(width, columns).reshaped([1, 1, 1, width]) - column * Double(side), isInside: isInside)
    let spread = { (values: Tensor) in
      try values.selecting(2, windows).reshaped([streams.count, values.size(1), height, width])
    }
    return try (bump.looked(up: places, turned: spread(turned)) * spread(signs)).to(device).channelsLast()
  }

  /// How far each pixel lies from the grid's edge, along a dimension of the image.
  private func offset(_ length: Int, _ windows: Int) throws -> Tensor {
    try Tensor.arange(length, dtype: .float64) - Double((length - windows * side) / 2)
  }

  /// Which window each pixel falls in along a dimension.
  private func tile(_ length: Int, _ windows: Int) throws -> Tensor {
    try (offset(length, windows) / Double(side)).floor()
  }
}
