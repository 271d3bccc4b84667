import ArgumentParser
import Foundation
import Steadfast

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train on a sequence of tasks, attack and bound after each, and write a report.",
    discussion: """
      The run folder gets the resolved configuration, checkpoints after every task, results.json and the report. A \
      folder that is not empty is refused without --resume or --force.

      Built with MPI, 'mpirun -n 4 steadfast train …' shares attacks, bounds and the audit among four processes, and \
      adapters beside a frozen trunk, which are learned task by task. The results are those of one process with as many \
      threads. With --set compute.dataParallel=true the processes also learn the trunk, or the whole network of \
      strategies that train it, from each batch together; the last bits then depend on how many there are.

      Examples:
        steadfast train experiment.yaml --out runs/first
        steadfast train experiment.yaml --out runs/first --resume
        steadfast train experiment.yaml --set training.epochs=20 --set 'data.stream.classes=[cat, dog]'
      """)

  @Argument(help: "The experiment: a YAML file ('steadfast config template' writes one).")
  var config: String

  @Option(help: ArgumentHelp("The run folder. (default: runs/ and the file's name)", valueName: "run"))
  var out: String?

  @Flag(help: "Go on from the newest checkpoint of the run folder.")
  var resume = false

  @Flag(help: "Replace the run in the run folder.")
  var force = false

  @Flag(help: "The long form: make the changes that the configuration lists under 'full'.")
  var full = false

  @Option(changing: "Change a value of the configuration; may be repeated.") var overrides: [String] = []

  @Option(help: "What the audit may cost. (default: the configuration's)") var audit: AuditPlan.Level?

  @OptionGroup var place: DeviceOption

  @OptionGroup var checks: CheckOptions

  @OptionGroup var output: OutputOptions

  func validate() throws {
    if resume, force { throw ValidationError("--resume continues the run and --force replaces it: give one of them") }
  }

  func run() async throws {
    SignalTrap.reportFullFiles()
    try await output.performOnRanks { console, ranks -> RunSummary? in
      guard ranks.isFirst else {
        try await Experiment.assist(RunOptions(ranks: ranks))
        return nil
      }
      let experiment = try InputFiles.experiment(
        config, full: full,
        overrides: overrides + (audit.map { ["evaluation.audit=\($0.rawValue)"] } ?? [])
          + (place.device.map { ["compute.device=\($0)"] } ?? []))
      let folder = InputFiles.output(out, for: config, in: "runs")
      let options = RunOptions(
        resume: resume, force: force, observer: console, interruption: SignalTrap.install(), ranks: ranks)
      let results = try await Experiment.train(experiment, in: folder, options: options)
      return RunSummary(results: results, folder: folder, checks: checks)
    }
  }
}
