import OperatorNorms

/// The bound of one stage, in the shape of the network itself.
struct StageBound: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    /// `absolute` bounds the same layer with |weights|, where it has any.
    case layer(absolute: Double, lower: Double?, detail: String)
    case residual(shortcut: [StageBound], branch: [StageBound], branchScale: Double)
    case implicit(branch: [StageBound], step: Double)
  }

  let name: String
  let upper: Double
  let kind: Kind
  /// How the norm of a convolution was bounded; nil of all else.
  var method: OperatorNorm.Method?

  var layers: [LayerBound] {
    switch kind {
    case .layer(_, let lower, let detail): [LayerBound(name: name, upper: upper, lower: lower, detail: detail)]
    case .residual(let shortcut, let branch, _): (shortcut + branch).flatMap(\.layers)
    case .implicit(let branch, _): branch.flatMap(\.layers)
    }
  }

  var blocks: [BlockBound] {
    switch kind {
    case .layer: return []
    case .residual(let shortcut, let branch, let scale):
      let block = BlockBound(
        name: name, upper: upper, shortcut: shortcut.composed, branch: branch.composed, branchScale: scale)
      return [block] + (shortcut + branch).flatMap(\.blocks)
    case .implicit(let branch, let step):
      return [BlockBound(name: name, upper: upper, shortcut: 1, branch: branch.composed, branchScale: step)]
        + branch.flatMap(\.blocks)
    }
  }
}

extension [StageBound] {
  /// The bound of the stages one after another: their product, rounded up; 1 for none.
  var composed: Double { reduce(1) { $0.timesUp($1.upper) } }
}
