import Results

/// What a grid consists of: the configuration and each of its contrasts, each with every seed.
struct GridPlan {
  /// One run.
  struct Cell {
    let variant: String
    let seed: UInt64
    /// With that seed and no contrasts.
    let configuration: Configuration

    /// The run folder, seen from the grid's.
    var folder: String { "\(variant)/seed-\(seed)" }
  }

  let variants: [GridRecord.Variant]
  let seeds: [UInt64]
  /// In the order of work: seed by seed, so that what there is after an interruption can be compared.
  let cells: [Cell]

  /// - Throws: `RunError.unusable` for seeds that make no grid; `ConfigurationError`.
  init(_ configuration: Configuration, seeds: [UInt64]) throws {
    guard (1...SignFlipTest.mostDifferences).contains(seeds.count), Set(seeds).count == seeds.count else {
      throw RunError.unusable(reason: "a grid takes 1 to \(SignFlipTest.mostDifferences) seeds, each once")
    }
    var alone = configuration
    alone.contrasts = []
    alone.full = nil
    let contrasts = try configuration.resolvedContrasts()
    for (name, contrast) in contrasts where contrast.seed != configuration.seed {
      throw RunError.unusable(reason: "the contrast \(name) sets seed, which the grid gives: leave it out")
    }
    let taken = contrasts.map(\.name)
    let experiments = [(name: Self.name(of: alone, besides: taken), configuration: alone)] + contrasts
    variants = zip(experiments, [[]] + configuration.contrasts.map(\.set)).map { experiment, changes in
      GridRecord.Variant(
        name: experiment.name, strategy: experiment.configuration.strategy.kind.rawValue, changes: changes)
    }
    self.seeds = seeds
    cells = seeds.flatMap { seed in
      experiments.map { name, configuration in
        var configuration = configuration
        configuration.seed = seed
        return Cell(variant: name, seed: seed, configuration: configuration)
      }
    }
  }

  /// What the configuration itself is called among its contrasts: after its strategy, where none of them is.
  private static func name(of configuration: Configuration, besides taken: [String]) -> String {
    let taken = Set(taken.map { $0.lowercased() })
    let kind = configuration.strategy.kind.rawValue
    let candidates = [kind, "base"] + (2..<taken.count + 3).map { "base-\($0)" }
    return candidates.first { !taken.contains($0.lowercased()) } ?? kind
  }
}
