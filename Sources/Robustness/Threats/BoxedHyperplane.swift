import Results
import TorchCore

/// Where the box [0, 1] meets the hyperplane ⟨w, x⟩ = b, sample by sample in fp64: the exact projection in L∞, L2 and L1
/// (Croce and Hein 2020, equation 4 and section 2.1).
///
/// Flipping signs so that every pixel moves upward in t with u = |w| and room r, the shift minimises ‖t‖ₚ under
/// Σ uᵢtᵢ = |b − ⟨w, x⟩| and 0 ≤ t ≤ r. In L∞ and L2 that is t = min(λ·v, r), with v = 1 and v = u; in L1 the pixels of
/// the largest u are used up one after another.
struct BoxedHyperplane {
  /// w, N×d, fp64, finite.
  let normal: Tensor
  /// b, N×1, fp64.
  let offset: Tensor

  /// The hyperplane {z : f + ⟨w, z − x⟩ = 0} on which a function vanishes that has the value f and the gradient w at x.
  /// - Parameters:
  ///   - values: f, N×1.
  ///   - points: x, N×d.
  init(values: Tensor, gradients: Tensor, at points: Tensor) throws {
    self.init(normal: gradients, offset: try (gradients * points).sum([1], keepingDimensions: true) - values)
  }

  init(normal: Tensor, offset: Tensor) {
    self.normal = normal
    self.offset = offset
  }

  /// The shortest way from points of the box to the hyperplane inside the box, N×d. Where the two do not meet it ends in
  /// the corner of the box that is nearest to the hyperplane; where w is 0, no pixel moves.
  /// - Parameter points: N×d, fp64, in [0, 1].
  func shift(_ norm: PerturbationNorm, from points: Tensor) throws -> Tensor {
    switch norm {
    case .linf: return try points.wayToHyperplane(normal, offset, isEven: true)
    case .l2: return try points.wayToHyperplane(normal, offset, isEven: false)
    case .l1:
      let gap = try offset - (normal * points).sum([1], keepingDimensions: true)
      let ones = try gap.zerosLike() + 1
      let direction = try normal.sign() * gap.less(0).select(ones.negated(), ones)
      let room = try direction.greater(0).select(1 - points, points) * direction.abs()
      return try direction * filledByGain(room, normal.abs(), gap.abs())
    }
  }

  /// The pixels of the largest u filled one after another, until the rest is nothing.
  private func filledByGain(_ room: Tensor, _ gain: Tensor, _ needed: Tensor) throws -> Tensor {
    let (gains, order) = try gain.sorted(1, descending: true)
    let rooms = try room.gathered(1, order)
    let reached = try gains * rooms
    let rest = try (needed - (reached.cumulativeSum(1) - reached)).clamped(0, .infinity)
    let moved = try gains.greater(0).select(rest / gains, rest.zerosLike()).minimum(rooms)
    return try moved.gathered(1, order.sorted(1).indices)
  }
}
