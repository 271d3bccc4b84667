import Results
import TorchCore

/// Auto-PGD's steps in L1 (Croce and Hein 2021, "Mind the box", section 4 and algorithm 1): along the signs of the k
/// largest |g|, x ← Π(x + η·s/‖s‖₁), without momentum, where Π is the exact projection to ball ∩ box.
///
/// η begins at ε and k at a fifth of the pixels or, of a start that was found before, at two thirds of those it
/// perturbs. Every 0.04·N steps k becomes two thirds of the pixels that the best point perturbs. Where these are fewer
/// than 0.95 of what they were, η returns to ε and the sample to its best point; elsewhere η is divided by 1.5, down to
/// ε/10.
///
/// Perturbed pixels are counted exactly and k is rounded up from an exact quotient; in the authors' program both carry
/// roundings of fp32. Rounding up has it that two pixels which are left stay two, in both.
struct SparseSteps: AutoStepRule {
  private static let sparsity = 1.5
  private static let shrinkage = 0.95
  private static let reduction = 1.5
  private static let smallestShare = 0.1

  /// ε, which is the largest η, N×1×1×1.
  private var largestSizes: Tensor
  /// k, N×1, fp64.
  private var kept: Tensor
  /// How many pixels were perturbed at the last checkpoint, N×1, fp64.
  private var support: Tensor

  /// - Parameters:
  ///   - sizes: η of each sample, N×1×1×1.
  ///   - found: points of an earlier climb, from which this one goes on; nil for random ones.
  init(sizes: Tensor, in set: FeasibleSet, from found: Tensor?) throws {
    let pixels = set.clean.shape.dropFirst().reduce(1, *)
    largestSizes = sizes
    if let found {
      support = try SparseSteps.support(of: found, set)
      kept = try SparseSteps.kept(of: support, pixels)
    } else {
      support = try sizes.reshaped([-1, 1]).zerosLike().to(.float64) + Double(pixels)
      kept = try support.zerosLike() + Double(max(1, pixels - Int(0.8 * Double(pixels))))
    }
  }

  static func checkpoints(steps: Int) -> [Int] {
    let period = max(Int(0.04 * Double(steps)), 1)
    return Array(stride(from: period, through: steps, by: period))
  }

  mutating func record(_ losses: Tensor) throws {}

  mutating func step(from points: Tensor, _ gradient: Tensor, sizes: Tensor, in set: FeasibleSet) throws -> Tensor {
    let magnitude = try gradient.abs()
    let ordered = try magnitude.flattened().sorted(1, descending: true).values
    let smallest = try ordered.gathered(1, (kept - 1).to(.int64)).perImage()
    let signs = try magnitude.greaterOrEqual(smallest).select(gradient.sign(), gradient.zerosLike())
    let length = try signs.norm(1, [1, 2, 3], keepingDimensions: true).clamped(1, .infinity)
    return try set.project(points.addingProduct(signs, sizes / length))
  }

  mutating func lookBack(
    at best: Tensor, _ losses: Tensor, sizes: Tensor, in set: FeasibleSet, steps: Int
  ) throws -> (sizes: Tensor, returns: Tensor) {
    let support = try SparseSteps.support(of: best, set)
    let isSparser = try support.less(self.support * SparseSteps.shrinkage)
    self.support = support
    kept = try SparseSteps.kept(of: support, set.clean.shape.dropFirst().reduce(1, *))
    let reduced = try (sizes / SparseSteps.reduction).maximum(largestSizes * SparseSteps.smallestShare)
    return (try isSparser.perImage().select(largestSizes, reduced), try isSparser.reshaped([-1]))
  }

  func selecting(_ places: Tensor) throws -> SparseSteps {
    var selected = self
    selected.largestSizes = try largestSizes.selecting(0, places)
    selected.kept = try kept.selecting(0, places)
    selected.support = try support.selecting(0, places)
    return selected
  }

  private static func support(of points: Tensor, _ set: FeasibleSet) throws -> Tensor {
    try points.notEqual(set.clean).to(.float64).sum([1, 2, 3]).reshaped([-1, 1])
  }

  /// ⌈support/1.5⌉, at least one pixel.
  private static func kept(of support: Tensor, _ pixels: Int) throws -> Tensor {
    try (support / -sparsity).floor().negated().clamped(1, Double(pixels))
  }
}
