import OperatorNorms
import ResidualNets
import TorchCore

/// Slopes of secants ‖f(a) − f(b)‖/‖a − b‖ that hold whatever rounding did, f the logits in exact arithmetic.
///
/// For any direction u, ‖u‖‖f(a) − f(b)‖ ≥ ⟨u, f(a)⟩ + ⟨−u, f(b)⟩. Both terms are bounded from below by linear bounds
/// over balls of radius 0, whose only losses are those of rounding, each weighed by how much of it reaches the logits
/// (``LinearBounds``); u is the difference as computed. Layers that these do not know (norms of the sample itself,
/// roots) get the a-priori bound on their forward error instead.
struct SecantProof {
  private let exact: DeployedNetwork
  private let account: Account

  private enum Account {
    case linear(LocalBounding)
    /// Of all stages, the head among them.
    case apriori([StageBound])
  }

  /// - Throws: ``LipschitzError`` where the bound is another network's, or naming a layer that has neither bound.
  init(_ network: DeployedNetwork, bound: NetworkBound?) throws {
    if let bound { try network.requireIdentity(with: bound) }
    exact = try network.mappingTensors { try $0.doublesOnCPU() }
    do {
      account = .linear(try LocalBounding(exact, bound: bound, basis: .realArithmetic))
    } catch LipschitzError.noLocalBound {
      let bound = try bound ?? network.lipschitzBound()
      account = .apriori(bound.body + [bound.head])
    }
  }

  /// Half the length of the secants that are tried, in units of the sample's norm: the longer, the less rounding costs;
  /// the shorter, the nearer to the slope at the sample.
  private static let widths = [0x1p-22, 0x1p-16, 0x1p-10, 0x1p-4]

  /// What rounding usually costs, by which the most promising of the secants is picked.
  private static let usualLoss = 0x1p-36

  /// The steepest of a few secants from x + tv to x − tv, for each sample; 0 where none is certain to rise.
  /// - Parameters: N×C×H×W, in double precision on the CPU.
  func steepest(at x: Tensor, along v: Tensor) throws -> [Double] {
    let size = try normPerSample(x)
    let scale = try size + size.equal(0)
    var (steepest, most) = ([Double](repeating: 0, count: x.size(0)), [Double](repeating: 0, count: x.size(0)))
    var best = [Double](repeating: Self.widths[Self.widths.count - 1], count: x.size(0))
    for width in Self.widths {
      let (a, b) = try ends(x, v, scale * width)
      let (first, second) = try (exact.logits(a), exact.logits(b))
      let rises = try normPerSample(first - second).doubles()
      let sizes = try (normPerSample(first) + normPerSample(second)).doubles()
      for (index, run) in try normPerSample(a - b).doubles().enumerated() {
        let slope = (rises[index] - Self.usualLoss * sizes[index]) / run
        if slope.isFinite, slope > most[index] { (most[index], best[index]) = (slope, width) }
      }
    }
    // The longest suffers least from rounding.
    for widths in [best, best.map { _ in Self.widths[Self.widths.count - 1] }] {
      let (a, b) = try ends(x, v, scale * Tensor(widths, scale.shape))
      for (index, slope) in try slopes(a, b).enumerated() where slope.isFinite {
        steepest[index] = max(steepest[index], slope)
      }
    }
    return steepest
  }

  /// As they are rounded, and so is their distance.
  private func ends(_ x: Tensor, _ v: Tensor, _ width: Tensor) throws -> (Tensor, Tensor) {
    let step = try v * width
    return try (x + step, x - step)
  }

  /// Lower bounds on the slopes from a to b.
  private func slopes(_ a: Tensor, _ b: Tensor) throws -> [Double] {
    let count = a.count / a.size(0)
    let inflation = 1 + Rounding.gamma(count + 8)
    let runs = try normPerSample(a - b).doubles()
    return try zip(rises(a, b), runs).map { $0 / ($1 * inflation) * (1 - 0x1p-40) }
  }

  /// Lower bounds on ‖f(a) − f(b)‖.
  private func rises(_ a: Tensor, _ b: Tensor) throws -> [Double] {
    let (samples, classes) = (a.size(0), exact.classCount)
    let inflation = 1 + Rounding.gamma(classes + 8)
    switch account {
    case .linear(let bounding):
      let u = try exact.logits(a) - exact.logits(b)
      let rows = try Tensor.concatenated([u, u.negated()]).reshaped([2 * samples, 1, classes])
      let least = try bounding.least(rows, over: Enclosure(points: .concatenated([a, b])), method: .linear).doubles()
      return try normPerSample(u).doubles().enumerated().map { index, norm in
        (least[index] + least[samples + index]) / (norm * inflation)
      }
    case .apriori(let bounds):
      func values(_ x: Tensor) throws -> ForwardError {
        var state = try ForwardError(pixels: x)
        try state.pass(exact.stages, bounds, basis: .realArithmetic)
        return state
      }
      let (first, second) = try (values(a), values(b))
      let losses = try (first.double + second.double).doubles()
      return try normPerSample(first.value - second.value).doubles().enumerated().map { index, rise in
        rise / inflation - losses[index] * ForwardError.slack
      }
    }
  }
}
