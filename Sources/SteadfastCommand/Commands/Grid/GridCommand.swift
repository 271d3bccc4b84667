import ArgumentParser
import Foundation
import Steadfast

struct GridCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grid",
    abstract: "Train a configuration and its contrasts with several seeds, and tell which differences are real.",
    discussion: """
      Every strategy with every seed is a run of its own, in FOLDER/STRATEGY/seed-N. Beside them grid.html, grid.md, \
      grid.csv and grid.json show means with 95 % intervals over seeds, and compare strategies seed by seed with an \
      exact permutation test. They are written after each run, so that one can look at any time.

      The same command goes on where a grid was stopped: finished runs are kept, a begun one is resumed, one that \
      failed is tried again. More seeds or contrasts may join later. Several processes may work on one \
      grid at once, also on several machines whose shared file system locks files: each takes a run that no other has. \
      Built with MPI, 'mpirun -n 4 steadfast grid …' shares the runs among four processes.

      With n seeds the smallest p-value is 2/2ⁿ: five seeds can never reach p < 0.05, six can. The seed decides the \
      start of every network and the order of the images; for another order of the classes with each seed set \
      data.stream.order=seeded.

      A run that fails, such as by diverging, is listed with its reason, and the exit status is 3 once all others are \
      done.

      Examples:
        steadfast grid experiment.yaml --out grids/first
        steadfast grid experiment.yaml --seeds 0,1,2,3,4,5,6,7 --set data.stream.order=seeded --out grids/orders
        steadfast grid experiment.yaml --out grids/first --json
      """)

  @Argument(help: "The experiment: a YAML file, whose contrasts are the strategies to compare it with.")
  var config: String

  @Option(
    help: ArgumentHelp(
      "Seeds, each an independent repetition, at most \(SignFlipTest.mostDifferences). (default: 0,1,2,3,4,5)",
      valueName: "list"),
    transform: SeedList.parse)
  var seeds: [UInt64] = [0, 1, 2, 3, 4, 5]

  @Option(help: ArgumentHelp("The grid's folder. (default: grids/ and the file's name)", valueName: "folder"))
  var out: String?

  @Flag(help: "The long form: make the changes that the configuration lists under 'full'.")
  var full = false

  @Option(changing: "Change a value of the configuration; may be repeated.") var overrides: [String] = []

  @Flag(help: "Replace runs that were made with another configuration; without it they are refused.")
  var force = false

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard seeds.count <= SignFlipTest.mostDifferences else {
      throw ValidationError("--seeds takes at most \(SignFlipTest.mostDifferences) seeds")
    }
  }

  func run() async throws {
    try await output.performOnRanks { console, ranks in
      let experiment = try InputFiles.experiment(config, full: full, overrides: overrides)
      let folder = InputFiles.output(out, for: config, in: "grids")
      let options = RunOptions(
        force: force, observer: console, interruption: SignalTrap.install(on: ranks), ranks: ranks)
      let record = try await Experiment.grid(experiment, seeds: seeds, in: folder, options: options)
      return GridFindings(record: record, folder: GridFolder(folder))
    }
  }
}
