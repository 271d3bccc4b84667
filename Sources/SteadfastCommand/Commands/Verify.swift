import ArgumentParser
import Steadfast

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prove that what earlier tasks rely on is bit for bit what it was.",
    discussion: """
      Computes the SHA-256 of every stored tensor again, and the old tasks' logits at a fixed batch. Exit status 3 names \
      the first tensor that differs. Logits bind bit for bit where CPU capability, threads and libtorch match; \
      elsewhere within 1e-4, and the output says so.

      Example:
        steadfast verify runs/demo
      """)

  @Argument(help: "A run folder.") var run: String

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      let folder = try InputFiles.existing(run)
      return try await Experiment.verify(folder, options: RunOptions(observer: console))
    }
  }
}

extension Verification: CommandResult {
  var text: String {
    let verdict = firstDifference.map { "FAILED: \($0)" } ?? "verified: \(checked) tensors are what they were"
    return (detail + [verdict]).joined(separator: "\n")
  }

  var status: ExitStatus? { passed ? nil : .checkFailed }
}
