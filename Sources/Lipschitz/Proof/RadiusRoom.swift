import OperatorNorms

/// How much less is stated than was found, so that whoever finds it again by other means, in another order of
/// summation, comes to at least what is stated. The check itself then needs no tolerance.
struct RadiusRoom: Sendable, Hashable {
  /// Times the bound on what double precision may be off by. A margin computed twice differs by at most two such
  /// bounds, and each radius subtracts one; where a root is searched for, the bounds themselves may differ by a factor.
  let double: Double
  /// Times the bound on what single precision may be off by.
  let single: Double
  /// Times the radius.
  let radius: Double
  /// What a number may come to in single precision.
  let range: Double

  static let none = RadiusRoom(double: 1, single: 1, radius: 1, range: SampleError.singleRange)
  static let forCheck = RadiusRoom(
    double: 64, single: 1 + 0x1p-16, radius: 1 - 0x1p-16, range: SampleError.singleRange / 4)
}

extension StageBound {
  /// Norms with room for a check: verified decompositions of matrices of side n exceed a norm by about n²u.
  private static let normRoom = 1 + 0x1p-24
  /// Products and sums of stated norms with room for another order of rounding.
  private static let compositionRoom = 1 + 0x1p-40

  /// The same bound, stated a little higher.
  /// - Throws: ``LipschitzError`` where the room makes an implicit block unboundable.
  func withRoom() throws -> StageBound {
    switch kind {
    case .layer(let absolute, _, _):
      // A constant of exactly 1, as that of a ReLU, needs no room; with weights, `absolute` is rounded up.
      guard upper != 1 || absolute != 1 else { return self }
      return StageBound(name: name, upper: upper.timesUp(Self.normRoom), kind: kind, method: method)
    case .residual(let shortcut, let branch, let scale):
      let (shortcut, branch) = (try shortcut.map { try $0.withRoom() }, try branch.map { try $0.withRoom() })
      let upper = shortcut.composed.plusUp(branch.composed.timesUp(abs(scale))).timesUp(Self.compositionRoom)
      return StageBound(
        name: name, upper: upper, kind: .residual(shortcut: shortcut, branch: branch, branchScale: scale))
    case .implicit(let branch, let step):
      let branch = try branch.map { try $0.withRoom() }
      let reach = branch.composed.timesUp(abs(step)).timesUp(Self.compositionRoom)
      guard reach < 1 else {
        throw LipschitzError.unboundable(
          layer: name, reason: "τL = \(reach) leaves no room for the check of a certificate")
      }
      return StageBound(
        name: name, upper: (1 / (1 - reach).nextDown).nextUp.timesUp(Self.compositionRoom),
        kind: .implicit(branch: branch, step: step))
    }
  }

  /// The stages one after another, stated a little higher.
  static func composedWithRoom(_ stages: [StageBound]) -> Double { stages.composed.timesUp(compositionRoom) }
}
