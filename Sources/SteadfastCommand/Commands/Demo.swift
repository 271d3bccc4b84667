import ArgumentParser
import Foundation
import Steadfast

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Do the main job on the images that come with Steadfast, in under three minutes.",
    discussion: """
      Five tasks of two classes: a frozen trunk with an adapter per task, plain fine-tuning as the contrast that \
      forgets, and a norm-constrained network whose certificates are worth showing. Open the report that is named at \
      the end. A demo that was run before is replaced.

      Example:
        steadfast demo --out runs/demo
      """)

  @Option(help: ArgumentHelp("The run folder.", valueName: "run"))
  var out = "runs/demo"

  @OptionGroup var checks: CheckOptions

  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      let experiment = try InputFiles.experiment(InputFiles.shipped("Configurations/demo.yaml").path)
      let folder = InputFiles.url(out)
      // Only a demo may be replaced without being asked to.
      let stored = try? ConfigurationReader.read(contentsOf: folder.appending(RunFile.configuration))
      let options = RunOptions(
        force: stored?.data.folder == experiment.data.folder && stored?.name == experiment.name, observer: console,
        interruption: SignalTrap.install())
      let results = try await Experiment.train(experiment, in: folder, options: options)
      return RunSummary(results: results, folder: folder, checks: checks)
    }
  }
}
