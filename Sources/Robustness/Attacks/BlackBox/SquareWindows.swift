import RandomStreams
import TorchCore

/// One square of pixels in each image of a batch, all of one size.
struct SquareWindows {
  private let side: Int
  /// How far every pixel lies below and to the right of its square's corner: N×1×H×1 and N×1×1×W, fp64.
  private let below: Tensor
  private let right: Tensor

  /// Squares at places where they fit, each as likely as any other.
  ///
  /// - Parameters:
  ///   - first: which of the two squares that a draw has.
  ///   - draws: one an image.
  ///   - images: N×C×H×W.
  init(side: Int, first: Bool, _ draws: [RandomStream], like images: Tensor) throws {
    let (height, width) = (images.size(2), images.size(3))
    let counter: UInt64 = first ? 0 : 2
    let tops = draws.map { Double($0.integer(below: height - side + 1, at: counter)) }
    let lefts = draws.map { Double($0.integer(below: width - side + 1, at: counter + 1)) }
    let device = images.device
    self.side = side
    below =
      try Tensor.arange(height, dtype: .float64, device: device).reshaped([1, 1, height, 1])
      - perImage(tops, on: device)
    right =
      try Tensor.arange(width, dtype: .float64, device: device).reshaped([1, 1, 1, width]) - perImage(lefts, on: device)
  }

  /// 1 inside and 0 outside, fp32 N×1×H×W.
  func mask() throws -> Tensor { try isInside().to(.float32) }

  /// The bump in every square and 0 outside, fp32 N×1×H×W.
  /// - Parameter isTurned: whether an image's bump lies on its side.
  func bumps(isTurned: [Bool]) throws -> Tensor {
    let bump = SquareBump(side: side)
    let turned = try perImage(isTurned.map { $0 ? 1 : 0 }, on: below.device)
    return try bump.looked(up: bump.places(below, right, isInside: isInside()), turned: turned)
  }

  private func isInside() throws -> Tensor {
    let bound = Double(side)
    let rows = try below.greaterOrEqual(0).and(below.less(bound))
    return try rows.and(right.greaterOrEqual(0).and(right.less(bound)))
  }
}
