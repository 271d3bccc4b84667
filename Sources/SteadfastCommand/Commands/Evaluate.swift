import ArgumentParser
import Steadfast

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a finished run again, with more attacks or radii, at every task's checkpoint.",
    discussion: """
      Nothing is trained. The run's own attacks are kept, those named here are added; results and report are replaced. \
      Without --attack and --eps nothing is added.

      Examples:
        steadfast evaluate runs/demo
        steadfast evaluate runs/demo --attack pgd --norm l2 --eps 0.1,0.5 --steps 40 --certify 0.05,0.1
      """)

  @Argument(help: "A run folder.") var run: String

  @OptionGroup var attack: AttackOptions

  @Option(
    help: ArgumentHelp("L2 radii at which to report certified accuracy.", valueName: "list"), transform: SizeList.init)
  var certify: SizeList?

  @Option(help: "What the audit may cost. (default: the run's own)") var audit: AuditPlan.Level?

  @OptionGroup var checks: CheckOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let option = attack.danglingOption {
      throw ValidationError("--\(option) adds no attack: name one with --attack, or sizes with --eps")
    }
  }

  func run() async throws {
    try await output.perform { console in
      let folder = try InputFiles.existing(run)
      let options = RunOptions(observer: console, interruption: SignalTrap.install())
      let own = try InputFiles.configuration(ofRun: folder)?.evaluation.attacks ?? []
      let results = try await Experiment.evaluate(
        folder, attacks: attack.isGiven ? attack.attacks(beside: own) : nil, certify: certify?.values,
        audit: audit, options: options)
      return RunSummary(results: results, folder: folder, checks: checks)
    }
  }
}
