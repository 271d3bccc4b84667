import ArgumentParser

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure this machine: decoding, matrix products, training, inference, bounds, tasks; attacks; growth.",
    discussion: """
      Examples:
        steadfast bench
        steadfast bench inference fgsm --json
        steadfast bench attacks --attack pgd --eps 8/255
        steadfast bench scale
      """, subcommands: [BenchFigures.self, BenchAttacks.self, BenchScale.self], defaultSubcommand: BenchFigures.self)
}
