import TorchCore

/// A pair of classes for each of N samples: the boundary where z_toward − z_away vanishes.
struct ClassPair {
  /// int64 N.
  let toward: Tensor
  let away: Tensor

  /// z_toward − z_away, N, for logits N×K.
  func difference(_ logits: Tensor) throws -> Tensor { try logits.entries(toward) - logits.entries(away) }
}

/// Which boundaries between classes a search looks at.
enum ClassPairs {
  /// From one class toward each of several, all as int64 N.
  case fixed(away: Tensor, toward: [Tensor])
  /// From a class to the strongest other at the point: positive exactly where another class leads.
  case leaving(Tensor)
  /// From the strongest other class at the point to this one: positive exactly where this one leads.
  case reaching(Tensor)

  /// For logits N×K of at least two classes.
  func pairs(_ logits: Tensor) throws -> [ClassPair] {
    switch self {
    case .fixed(let away, let toward): toward.map { ClassPair(toward: $0, away: away) }
    case .leaving(let label): [ClassPair(toward: try ClassPairs.strongest(logits, but: label), away: label)]
    case .reaching(let target): [ClassPair(toward: target, away: try ClassPairs.strongest(logits, but: target))]
    }
  }

  /// The same for the samples that `rows` (int64) names.
  func selecting(_ rows: Tensor) throws -> ClassPairs {
    switch self {
    case .fixed(let away, let toward):
      .fixed(away: try away.selecting(0, rows), toward: try toward.map { try $0.selecting(0, rows) })
    case .leaving(let label): .leaving(try label.selecting(0, rows))
    case .reaching(let target): .reaching(try target.selecting(0, rows))
    }
  }

  private static func strongest(_ logits: Tensor, but excluded: Tensor) throws -> Tensor {
    try logits.scattering(-.infinity, 1, excluded.reshaped([-1, 1])).argmax(1)
  }
}
