import Foundation
import TorchCore

extension Tensor {
  /// Every image turned and shifted by its own move: bilinear between pixel centres, black where the image does not
  /// reach, as `ImageData.Rotation` has it.
  ///
  /// Places are computed in fp64, so that the identity and shifts by whole pixels move values unchanged.
  ///
  /// - Parameter moves: one for each of the images, N×C×H×W in [0, 1], fp32; the result is channels-last.
  func warped(_ moves: [SpatialMove]) throws -> Tensor {
    let (count, channels, height, width) = (size(0), size(1), size(2), size(3))
    guard self.count > 0 else { return self }
    let (x, y) = try sources(moves, height: height, width: width)
    let isInside = try x.greaterOrEqual(0).and(x.less(Double(width))).and(
      y.greaterOrEqual(0).and(y.less(Double(height))))
    let (left, top) = try ((x - 0.5).floor(), (y - 0.5).floor())
    let (rightShare, bottomShare) = try (x - 0.5 - left, y - 0.5 - top)
    // One row of channels a pixel, so that every neighbour is one row to copy.
    let rows = try permuted([0, 2, 3, 1]).reshaped([count * height * width, channels])
    let firsts =
      try Tensor.arange(count, dtype: .float64, device: device).reshaped([count, 1, 1])
      * Double(height * width)
    func part(_ right: Double, _ bottom: Double) throws -> Tensor {
      let row = try (top + bottom).clamped(0, Double(height - 1))
      let column = try (left + right).clamped(0, Double(width - 1))
      let places = try (firsts + row * Double(width) + column).to(.int64).reshaped([-1])
      let share = try (right == 1 ? rightShare : 1 - rightShare) * (bottom == 1 ? bottomShare : 1 - bottomShare)
      return try rows.selecting(0, places) * share.to(.float32).reshaped([-1, 1])
    }
    let mixed = try part(0, 0) + part(1, 0) + part(0, 1) + part(1, 1)
    let visible = try isInside.reshaped([-1, 1]).select(mixed, mixed.zerosLike())
    return try visible.clamped(0, 1).reshaped([count, height, width, channels]).permuted([0, 3, 1, 2])
  }

  /// Where each pixel's centre comes from, in pixels from the image's left and top edge: N×H×W, fp64.
  private func sources(_ moves: [SpatialMove], height: Int, width: Int) throws -> (x: Tensor, y: Tensor) {
    let column = { (values: [Double]) in try Tensor(values, [values.count, 1, 1]).to(device) }
    let cosine = try column(moves.map { cos($0.degrees * .pi / 180) })
    let sine = try column(moves.map { sin($0.degrees * .pi / 180) })
    let (middleX, middleY) = (Double(width) / 2, Double(height) / 2)
    let x =
      try Tensor.arange(width, dtype: .float64, device: device).reshaped([1, 1, width]) + (0.5 - middleX)
      - column(moves.map(\.right))
    let y =
      try Tensor.arange(height, dtype: .float64, device: device).reshaped([1, height, 1]) + (0.5 - middleY)
      - column(moves.map(\.down))
    return try (cosine * x - sine * y + middleX, sine * x + cosine * y + middleY)
  }
}
