import Results
import TorchCore

/// A forward pass that can be differentiated several times: one backward pass for each pair of classes, over all
/// samples at once.
struct RecordedPass {
  /// N×K.
  let logits: Tensor
  private let leaf: Tensor
  private let recorded: Tensor

  init(_ network: any Classifier, _ points: Tensor) throws {
    leaf = try points.asLeaf()
    recorded = try network.logits(leaf)
    logits = try recorded.detached()
  }

  /// Of the boundaries that `choice` names the one that is nearest to each point when the network is taken as linear:
  /// the smallest |z_t − z_y| / ‖∇(z_t − z_y)‖, in the norm that is dual to the perturbation's.
  func nearestBoundary(_ choice: ClassPairs, _ norm: PerturbationNorm) throws -> NearestBoundary {
    let pairs = try choice.pairs(logits)
    var nearest = try NearestBoundary(none: leaf.detached())
    for (place, pair) in pairs.enumerated() {
      let gradient = try gradient(pair, isLast: place == pairs.count - 1)
      nearest = try nearest.closer(pair.difference(logits), gradient, norm)
    }
    return nearest
  }

  /// ∂(z_toward − z_away)/∂x of every sample, N×C×H×W.
  private func gradient(_ pair: ClassPair, isLast: Bool) throws -> Tensor {
    let seed = try logits.zerosLike().scattering(1, 1, pair.toward.reshaped([-1, 1]))
      .scattering(-1, 1, pair.away.reshaped([-1, 1]))
    let found = try gradients(of: recorded, seed: seed, withRespectTo: [leaf], retainingGraph: !isLast)
    return try found.first.flatMap(\.self) ?? leaf.detached().zerosLike()
  }
}

/// The nearest of several linearised boundaries, sample by sample.
struct NearestBoundary {
  /// z_toward − z_away, N×1×1×1, fp64; 0 where no boundary was found.
  let difference: Tensor
  /// Its gradient, N×C×H×W, finite; 0 where no boundary was found.
  let gradient: Tensor
  /// The dual norm of the gradient, N×1×1×1, fp64.
  let steepness: Tensor
  /// |difference| / steepness; infinite where no boundary was found.
  let distance: Tensor
  /// Gradients that were computed of each sample.
  let evaluations: Int
  private let zeroSeen: Tensor
  private let nonFiniteSeen: Tensor

  /// No boundary yet for these points.
  init(none points: Tensor) throws {
    let column = try Tensor.zeros([points.size(0), 1, 1, 1], dtype: .float64, device: points.device)
    try self.init(
      difference: column, gradient: points.zerosLike(), steepness: column, distance: column + .infinity,
      evaluations: 0, zeroSeen: column.less(0), nonFiniteSeen: column.less(0))
  }

  private init(
    difference: Tensor, gradient: Tensor, steepness: Tensor, distance: Tensor, evaluations: Int, zeroSeen: Tensor,
    nonFiniteSeen: Tensor
  ) {
    (self.difference, self.gradient, self.steepness) = (difference, gradient, steepness)
    (self.distance, self.evaluations) = (distance, evaluations)
    (self.zeroSeen, self.nonFiniteSeen) = (zeroSeen, nonFiniteSeen)
  }

  /// The nearer of this one and another, sample by sample.
  fileprivate func closer(_ value: Tensor, _ slope: Tensor, _ norm: PerturbationNorm) throws -> NearestBoundary {
    let value = try value.to(.float64).perImage()
    let length = try dualNorm(norm, of: slope.to(.float64))
    let way = try value.abs() / length
    // A NaN is less than nothing, and a gradient of 0 puts the boundary at infinity.
    let isCloser = try way.less(distance).and(length.greater(0)).and(length.isFinite())
    // Where there is one boundary only, all of its gradients are taken as they are.
    let taken = try isCloser.allTrue() ? slope : isCloser.select(slope, gradient)
    return try NearestBoundary(
      difference: isCloser.select(value, difference), gradient: taken,
      steepness: isCloser.select(length, steepness), distance: isCloser.select(way, distance),
      evaluations: evaluations + 1, zeroSeen: zeroSeen.or(length.equal(0)),
      nonFiniteSeen: nonFiniteSeen.or(length.isFinite().not()))
  }

  private func dualNorm(_ norm: PerturbationNorm, of slope: Tensor) throws -> Tensor {
    switch norm {
    case .linf: try slope.norm(1, [1, 2, 3], keepingDimensions: true)
    case .l2: try slope.norm(2, [1, 2, 3], keepingDimensions: true)
    case .l1: try slope.abs().max([1, 2, 3], keepingDimensions: true)
    }
  }

  /// Per sample: some gradient was exactly zero; some had a NaN or an infinity.
  func isZero() throws -> [Bool] { try zeroSeen.booleans() }
  func isNonFinite() throws -> [Bool] { try nonFiniteSeen.booleans() }
}
