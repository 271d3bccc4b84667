import ArgumentParser
import Steadfast

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Evaluate a finished run again, with more attacks, radii or degraded images, at every task's checkpoint.",
    discussion: """
      Nothing is trained. The run's own attacks and radii are kept, those named here are added; results and report are \
      replaced. Without options nothing is added. Contrasts are extended with the run, and keep what they chose. Nothing \
      is replaced before all is measured: Ctrl-C leaves the run as it was.

      Built with MPI, 'mpirun -n 4 steadfast evaluate …' shares the work among four processes; the results do not depend \
      on how many there are.

      Examples:
        steadfast evaluate runs/demo
        steadfast evaluate runs/demo --attack pgd --norm l2 --eps 0.1,0.5 --steps 40 --certify 0.05,0.1
        steadfast evaluate runs/demo --certify-linf 1/255 --local --smoothing 0.25
        steadfast evaluate runs/demo --turns 30 --shifts 3 --corruptions 100 --severities 1,3,5
      """)

  @Argument(help: "A run folder.") var run: String

  @OptionGroup var attack: AttackOptions

  @Option(
    help: ArgumentHelp("L2 radii at which to report certified accuracy.", valueName: "list"), transform: SizeList.init)
  var certify: SizeList?

  @Option(
    name: .customLong("certify-linf"),
    help: ArgumentHelp("L∞ radii at which to report certified accuracy.", valueName: "list"), transform: SizeList.init)
  var certifyLinf: SizeList?

  @Flag(help: "Certify each image also by bounds on the ball around it, in [0, 1]. It costs many passes an image.")
  var local = false

  @OptionGroup var smoothing: SmoothingOptions

  @Option(help: "What the audit may cost. (default: the run's own)") var audit: AuditPlan.Level?

  @OptionGroup var spatial: SpatialOptions

  @OptionGroup var corruptions: CorruptionOptions

  @OptionGroup var place: DeviceOption

  @OptionGroup var checks: CheckOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let option = attack.danglingOption {
      throw ValidationError("--\(option) adds no attack: name one with --attack, or sizes with --eps")
    }
    guard certifyLinf.map({ $0.values.allSatisfy { $0.value <= 1 } }) ?? true else {
      throw ValidationError("--certify-linf must be at most 1: pixels are on [0, 1]")
    }
  }

  func run() async throws {
    try await output.performOnRanks { console, ranks -> RunSummary? in
      guard ranks.isFirst else {
        try await Experiment.assist(RunOptions(ranks: ranks))
        return nil
      }
      let folder = try InputFiles.existing(run)
      let options = RunOptions(
        observer: console, interruption: SignalTrap.install(), device: place.device, ranks: ranks)
      let own = try InputFiles.configuration(ofRun: folder)?.evaluation
      let additions = EvaluationAdditions(
        attacks: attack.isGiven ? attack.attacks(beside: own?.attacks ?? []) : [], certify: certify?.values ?? [],
        certifyLinf: certifyLinf?.values ?? [], local: local ? true : nil, smoothing: smoothing.settings, audit: audit,
        corruptions: corruptions.corruptions(beside: own?.corruptions), spatial: spatial.spatial(beside: own?.spatial))
      let results = try await Experiment.evaluate(folder, adding: additions, options: options)
      return RunSummary(results: results, folder: folder, checks: checks)
    }
  }
}
