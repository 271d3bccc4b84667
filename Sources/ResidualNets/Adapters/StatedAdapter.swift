import OperatorNorms
import RandomStreams
import TorchCore

extension Trunk {
  /// The trunk from pixels to features as it would be deployed, each operation with the ``Stage/allowance`` that any
  /// adapter of a description may use. Its bound is one on every network that training such an adapter can lead to.
  /// - Throws: `DescriptionError` for an adapter without a budget of its own.
  package func statedBody(_ adapter: AdapterDescription) throws -> [Stage] {
    let adapter = adapter.completed(for: description)
    guard let budget = adapter.budget else {
      throw DescriptionError("nothing can be stated about an adapter before it is trained: give it a budget")
    }
    let fresh = try Adapter(for: self, adapter, stream: RandomStream(seed: 0))
    return try withoutGradients {
      let (body, featureScale) = try deployedBody(Passage(deploying: fresh, as: .stated))
      guard adapter.kind == .side else { return body }
      let stored = budget.timesUp(1 + Double(adapter.rank ?? AdapterDescription.usualRank) * 0x1p-20)
      let blocks = (0..<adapter.depth).map {
        Stage(
          "side.\($0)",
          .residual(shortcut: [], branch: [Stage("side.\($0).stated", .scale(stored))], branchScale: 1))
      }
      return try body + rescaling(featureScale) + blocks
    }
  }
}

extension Correction {
  /// How much a correction may change the norm of its deployed layer: what its budget leaves, and what storing the
  /// merged weight may add.
  ///
  /// Each entry of W′ is rounded a few times, and of a series correction is a sum over the outputs, so by the textbook
  /// bounds the stored one is within (outputs + 8)·2⁻²³ (|W| + |A||W|) of it, and ‖|A|‖ ≤ √outputs·‖A‖.
  func allowance(_ budget: Double, beside layer: some AdaptableLayer) throws -> Double {
    let (norm, absolute) = try layer.operatorBounds(of: weight(of: layer, .evaluation))
    let root = Double(layer.outputs).squareRootUp
    let entries = max(absolute, 1).timesUp((1 + root * budget).nextUp)
    return reach(budget, norm).nextUp.plusUp(entries.timesUp(Double(layer.outputs + 8) * 0x1p-23))
  }
}
