import Lipschitz
import RandomStreams
import TorchCore

/// What a trained network still can do with blocks left out.
struct LesionProfile {
  let intact: Double
  let chance: Double
  /// The accuracy without one block, for each block that keeps the shape.
  let single: [Double]
  /// The mean accuracy without k blocks at random, k = 0 … .
  let several: [Double]

  /// - Parameters:
  ///   - draws: how many random choices of k blocks are averaged.
  ///   - most: the largest k; fewer where there are not as many blocks.
  @TorchActor init(
    _ chain: NetworkChain, on data: LabelledTensors, classCount: Int, draws: Int, most: Int, stream: RandomStream
  ) throws {
    let deletable = chain.steps.indices.filter { chain.steps[$0].keepsShape }
    func accuracy(without places: [Int]) throws -> Double {
      guard let rest = chain.withoutSteps(Set(places)) else { return .nan }
      return try Studies.accuracy(on: data) { try rest.logits($0) }
    }
    intact = try accuracy(without: [])
    chance = 1 / Double(classCount)
    let single = try deletable.map { try accuracy(without: [$0]) }
    let more = try (0...min(most, deletable.count)).dropFirst(2).map { count in
      try Statistics.mean(
        (0..<draws).map { draw in
          let order = stream.stream(count).stream(draw).permutation(deletable.count)
          return try accuracy(without: order.prefix(count).map { deletable[$0] })
        })
    }
    several = [intact] + (single.isEmpty ? [] : [Statistics.mean(single)]) + more
    self.single = single
  }

  /// The share of the accuracy above chance that is kept: 1 as intact, 0 at chance. NaN for a network that was no
  /// better than chance to begin with: a lesion of it says nothing.
  func kept(_ accuracy: Double) -> Double { intact > chance ? (accuracy - chance) / (intact - chance) : .nan }

  /// Without one block, by block.
  var keptSingly: [Double] { single.map(kept) }
  /// Without k blocks, k = 0 … .
  var keptOfSeveral: [Double] { several.map(kept) }

  /// The most that one more missing block takes, on average over which blocks are missing.
  var largestFall: Double {
    zip(keptOfSeveral, keptOfSeveral.dropFirst()).map { $0 - $1 }.max() ?? .nan
  }
}
