import Results
import TorchCore

/// Auto-PGD's steps in L∞ and L2 (Croce and Hein 2020, section 3 and algorithm 1):
///
///     z ← Π(x⁽ᵏ⁾ + η·d),   x⁽ᵏ⁺¹⁾ ← Π(x⁽ᵏ⁾ + α·(z − x⁽ᵏ⁾) + (1 − α)·(x⁽ᵏ⁾ − x⁽ᵏ⁻¹⁾)),   α = 0.75, but 1 in the first step.
///
/// η begins at 2ε. At a checkpoint it is halved, and the sample goes back to its best point, where since the last one
///
/// 1. the loss rose in at most ρ = 0.75 of the steps, or
/// 2. neither was η halved at the last checkpoint nor has the best loss grown since.
///
/// Condition 1 has "at most", as the authors' program does, where the paper has "less than". The first step's rise is
/// measured from the start; the program measures it from 0.
struct MomentumSteps: AutoStepRule {
  private static let momentum = 0.75
  private static let rho = 0.75

  private var previous: Tensor?
  /// The loss at the last pass, N.
  private var lastLosses: Tensor
  /// How often it rose since the last checkpoint, N.
  private var rises: Tensor
  /// The highest loss up to the last checkpoint, N.
  private var bestBefore: Tensor
  /// Whether η was halved there, Boolean, N; yes before the first, so that condition 2 needs two checkpoints.
  private var wasHalved: Tensor

  /// - Parameter sizes: η of each sample, N×1×1×1.
  init(like sizes: Tensor) throws {
    rises = try sizes.reshaped([-1]).zerosLike()
    // Nothing rises above the infinite: the start is no step.
    lastLosses = try rises + .infinity
    bestBefore = lastLosses
    wasHalved = try rises.equal(0)
  }

  static func checkpoints(steps: Int) -> [Int] {
    let share = { (fraction: Double) in max(Int(fraction * Double(steps)), 1) }
    var period = share(0.22)
    var checkpoints: [Int] = []
    var next = period
    while next <= steps {
      checkpoints.append(next)
      period = max(period - share(0.03), share(0.06))
      next += period
    }
    return checkpoints
  }

  mutating func record(_ losses: Tensor) throws {
    rises = try rises + losses.greater(lastLosses).to(.float32)
    lastLosses = losses
  }

  mutating func step(from points: Tensor, _ gradient: Tensor, sizes: Tensor, in set: FeasibleSet) throws -> Tensor {
    let direction = try steepestDirection(of: gradient, set.norm, at: points)
    let ahead = try set.project(points.addingProduct(direction, sizes))
    defer { previous = points }
    guard let previous else { return ahead }
    let alpha = MomentumSteps.momentum
    return try set.project(points + (ahead - points) * alpha + (points - previous) * (1 - alpha))
  }

  mutating func lookBack(
    at best: Tensor, _ losses: Tensor, sizes: Tensor, in set: FeasibleSet, steps: Int
  ) throws -> (sizes: Tensor, returns: Tensor) {
    let roseTooSeldom = try rises.lessOrEqual(MomentumSteps.rho * Double(steps))
    let stands = try wasHalved.not().and(losses.lessOrEqual(bestBefore))
    let halves = try roseTooSeldom.or(stands)
    rises = try rises.zerosLike()
    bestBefore = losses
    wasHalved = halves
    return (try halves.perImage().select(sizes * 0.5, sizes), halves)
  }

  func selecting(_ places: Tensor) throws -> MomentumSteps {
    var selected = self
    selected.previous = try previous?.selectingImages(places)
    selected.lastLosses = try lastLosses.selecting(0, places)
    selected.rises = try rises.selecting(0, places)
    selected.bestBefore = try bestBefore.selecting(0, places)
    selected.wasHalved = try wasHalved.selecting(0, places)
    return selected
  }
}
