import ArgumentParser

struct DataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Look at images, bring them in, divide them, degrade them.",
    subcommands: [
      DataInspect.self, DataImport.self, DataExport.self, DataSplit.self, DataDegrade.self, DataTasks.self,
      DataCache.self,
    ])
}
