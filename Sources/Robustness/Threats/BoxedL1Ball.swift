import TorchCore

/// The points of the L1 ball around a clean image that lie in the box [0, 1]: exact projection and exact linear
/// maximum, sample by sample in fp64.
///
/// The projection of p minimises ‖x − p‖₂; its shift is sign(δ)·clamp(|δ| − λ, 0, b) with δ = p − clean, b the room
/// that the pixel has in the direction of δ, and λ ≥ 0 such that the shift has the ball's radius (Croce and Hein 2021,
/// proposition 2.1). The length falls with λ piecewise linearly; its corners are sorted, so that λ is found without
/// iteration.
struct BoxedL1Ball {
  /// N×d, fp64, in [0, 1].
  let clean: Tensor
  /// N×1, fp64.
  let radii: Tensor

  /// The nearest point of the set, N×d.
  /// - Parameter points: N×d, fp64, finite.
  func project(_ points: Tensor) throws -> Tensor {
    let shift = try points - clean
    let size = try shift.abs()
    let room = try shift.greater(0).select(1 - clean, clean)
    let inBox = try size.minimum(room)
    let isInside = try inBox.sum([1], keepingDimensions: true).lessOrEqual(radii)
    let shortened = try (size - shrinkage(size, room)).clamped(0, .infinity).minimum(room)
    return try clean.addingProduct(shift.sign(), isInside.select(inBox, shortened))
  }

  /// λ of each sample, N×1; 0 where the box alone keeps the shift inside.
  private func shrinkage(_ size: Tensor, _ room: Tensor) throws -> Tensor {
    // Going down from the largest corner, a pixel begins to count at λ = |δ| and stops growing at λ = |δ| − b.
    let corners = try Tensor.concatenated([size, (size - room).clamped(0, .infinity)], 1)
    let changes = try Tensor.concatenated([size.zerosLike() + 1, size.zerosLike() - 1], 1)
    let (sorted, order) = try corners.sorted(1, descending: true)
    let slopes = try changes.gathered(1, order).cumulativeSum(1)
    let (count, last) = (corners.size(1), corners.size(1) - 1)
    let gaps = try sorted.narrowed(1, from: 0, count: last) - sorted.narrowed(1, from: 1, count: last)
    let grown = try (slopes.narrowed(1, from: 0, count: last) * gaps).cumulativeSum(1)
    let lengths = try Tensor.concatenated([radii.zerosLike(), grown], 1)
    // The last corner at which the shift is still shorter than the radius, and the rest of the way from there.
    let shorter = try lengths.less(radii).to(.float64).sum([1], keepingDimensions: true)
    let place = try (shorter - 1).clamped(0, Double(count - 1)).to(.int64)
    let rest = try (radii - lengths.gathered(1, place)) / slopes.gathered(1, place).clamped(1, .infinity)
    return try (sorted.gathered(1, place) - rest).clamped(0, .infinity)
  }

  /// The point of the set at which ⟨g, x⟩ is largest, N×d: pixels are moved as far as they can go, those of the largest
  /// |g| first, until the radius is spent.
  /// - Parameter gradient: N×d, finite.
  func maximum(along gradient: Tensor) throws -> Tensor {
    let direction = try gradient.sign()
    let room = try direction.greater(0).select(1 - clean, clean) * direction.abs()
    let order = try gradient.abs().sorted(1, descending: true).indices
    let rooms = try room.gathered(1, order)
    let spentBefore = try rooms.cumulativeSum(1) - rooms
    let moved = try (radii - spentBefore).clamped(0, .infinity).minimum(rooms)
    return try clean.addingProduct(direction, moved.gathered(1, order.sorted(1).indices))
  }
}
