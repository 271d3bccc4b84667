import ArgumentParser
import Foundation
import Steadfast

struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show a configuration in full, or a commented template of one.",
    subcommands: [Show.self, Template.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a configuration with every value written out, after checking it.",
      discussion: """
        Examples:
          steadfast config show experiment.yaml
          steadfast config show experiment.yaml --set training.epochs=3 --contrast fine-tuning
          steadfast config show runs/demo
        """)

    @Argument(help: "A YAML file, or a run folder.") var config: String

    @Flag(help: "Make the changes that it lists under 'full'.") var full = false

    @Option(changing: "Change a value first; may be repeated.") var overrides: [String] = []

    @Option(help: ArgumentHelp("Print the configuration of this contrast.", valueName: "name")) var contrast: String?

    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await output.perform { _ in
        var file = try InputFiles.existing(config)
        if file.hasDirectoryPath || isFolder(file) { file = try InputFiles.existing(config + "/config.yaml") }
        let read = try ConfigurationReader.read(contentsOf: file, full: full, overrides: overrides)
        return try Shown(configuration: contrast.map { try read.contrast(named: $0) } ?? read)
      }
    }

    private func isFolder(_ url: URL) -> Bool {
      (try? url.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false
    }
  }

  struct Template: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a commented configuration that explains every key.",
      discussion: """
        Example:
          steadfast config template > experiment.yaml
        """)

    @OptionGroup var output: OutputOptions

    func run() async throws {
      try await output.perform { _ in Text(template: Configuration.template) }
    }

    private struct Text: CommandResult {
      let schema = "steadfast.template/1"
      let template: String
      var text: String { String(template.dropLast()) }
    }
  }

  private struct Shown: CommandResult {
    let schema = "steadfast.config-shown/1"
    let configuration: Configuration
    var yaml: String
    var text: String { String(yaml.dropLast()) }

    init(configuration: Configuration) throws {
      self.configuration = configuration
      yaml = try configuration.yaml()
    }
  }
}
