import ArgumentParser
import Steadfast

/// The command line tool: parse, call, print.
@main
struct SteadfastCLI: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "steadfast",
    abstract: "Image classifiers that neither forget nor break: train on sequential tasks, attack, bound, report.",
    discussion: """
      Begin with 'steadfast demo', then read the report it names. For images of your own, write a configuration with \
      'steadfast config template > experiment.yaml' and run 'steadfast train experiment.yaml'.

      Every command knows --json: one JSON object on standard output and nothing else there. Progress goes to standard \
      error. Ctrl-C in training saves a checkpoint first; a second one stops at once.

      Exit status: 0 fine, 3 a check failed, 64 usage, 65 bad data, configuration or checkpoint, 66 no such input, \
      69 device unavailable, 70 internal or torch, 74 input or output failed, 130 interrupted and saved.
      """,
    version: Environment.version,
    subcommands: [
      Demo.self, Train.self, GridCommand.self, Evaluate.self, AttackCommand.self, LipschitzCommand.self, Verify.self,
      StudyCommand.self,
      ReportCommand.self, DataCommand.self, NetworkCommand.self, ConfigCommand.self, Bench.self,
    ])
}
