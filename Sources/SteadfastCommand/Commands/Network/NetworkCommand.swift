import ArgumentParser

struct NetworkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "network", abstract: "Show what a network is made of.", subcommands: [NetworkShow.self])
}
