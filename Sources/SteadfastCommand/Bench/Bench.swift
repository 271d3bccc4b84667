import ArgumentParser

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine: decoding, matrix products, training, inference, bounds, tasks; attacks.",
    discussion: """
      Examples:
        steadfast bench
        steadfast bench inference fgsm --json
        steadfast bench attacks --attack pgd --eps 8/255
      """, subcommands: [BenchFigures.self, BenchAttacks.self], defaultSubcommand: BenchFigures.self)
}
