import OperatorNorms
import TorchCore

/// What a layer can take as values while the image moves within a ball: a box and an L2 ball, batched.
///
/// Every value of the layer, in exact arithmetic and, where the statement is about it, in the network's own, lies in
/// both. The box is that of interval arithmetic (Gowal et al. 2018), the ball that of Lipschitz constants; a linear
/// layer passes each on to the other (Lee et al. 2020).
struct Enclosure {
  /// N×(a sample), in double precision.
  let lower: Tensor
  let upper: Tensor
  /// The centre of the ball: about the value at the image itself. It lies in the box.
  let center: Tensor
  /// The radius of the ball: N.
  let reach: Tensor

  /// - Parameters:
  ///   - center: any point; it is moved into the box, which brings it nearer to everything there.
  ///   - reach: N; made smaller where no corner of the box is so far.
  init(lower: Tensor, upper: Tensor, center: Tensor, reach: Tensor?) throws {
    let center = try center.clamped(lower, upper)
    let corner = try (upper - center).maximum(center - lower).flattened()
    let farthest = try corner.norm(2, [1]) * (1 + LocalRounding.own(corner.size(1)))
    self.lower = lower
    self.upper = upper
    self.center = center
    self.reach = try reach.map { try $0.minimum(farthest) } ?? farthest
  }

  /// The largest |value| of each unit.
  var size: Tensor { get throws { try lower.abs().maximum(upper.abs()) } }

  /// The box as its middle and its half-widths, rounded up.
  var middle: (Tensor, radius: Tensor) {
    get throws {
      let middle = try (lower + upper) * 0.5
      return (middle, try (upper - middle).maximum(middle - lower) * (1 + LocalRounding.own(1)))
    }
  }

  /// The same with a smaller box.
  func narrowed(lower: Tensor, upper: Tensor) throws -> Enclosure {
    try Enclosure(lower: lower, upper: upper, center: center, reach: reach)
  }

  /// One number a sample, shaped to broadcast over the samples.
  static func perSample(_ values: Tensor, like batch: Tensor) throws -> Tensor {
    try values.reshaped([-1] + [Int](repeating: 1, count: batch.rank - 1))
  }
}

extension Enclosure {
  /// The images x' in [0, 1] with ‖x' − x‖ ≤ ε.
  /// - Parameters:
  ///   - pixels: x, N×C×H×W in [0, 1], in double precision.
  ///   - radii: ε, one a sample.
  ///   - isMaximum: whether the norm is L∞; otherwise it is L2.
  init(pixels: Tensor, radii: [Double], isMaximum: Bool) throws {
    let widened = try Tensor(radii.map { $0 * (1 + 0x1p-50) + 0x1p-50 }, [radii.count])
    let radius = try Enclosure.perSample(widened, like: pixels)
    try self.init(
      lower: (pixels - radius).maximum(.zeros([1], dtype: .float64)),
      upper: (pixels + radius).minimum(.ones([1], dtype: .float64)), center: pixels, reach: isMaximum ? nil : widened)
  }

  /// Nothing but the points themselves.
  init(points: Tensor) throws {
    try self.init(lower: points, upper: points, center: points, reach: nil)
  }
}
