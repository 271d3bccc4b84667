import TorchCore

extension AttackBatch {
  /// The boundaries between the label of each of the samples `rows` and so many of its likeliest rivals; where the goal
  /// is a target, the one that lies before it.
  func boundaries(_ rows: [Int], rivals count: Int) throws -> ClassPairs {
    switch goal {
    case .targets(let targets): return .reaching(try Tensor(indices: rows.map { targets[$0] }).to(pixels.device))
    case .misclassification:
      let ranked = try rivals(count)
      return .fixed(
        away: try Tensor(indices: rows.map { labels[$0] }).to(pixels.device),
        toward: try (0..<min(count, network.classCount - 1)).map { rank in
          try Tensor(indices: rows.map { ranked[$0][rank] }).to(pixels.device)
        })
    }
  }
}
