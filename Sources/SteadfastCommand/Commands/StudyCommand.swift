import ArgumentParser
import Foundation
import Steadfast

struct StudyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study",
    abstract: "Judge claims about residual networks by measuring them; without a name, list them.",
    discussion: """
      Each study runs one claim on the shipped images, or your own, and judges it by criteria that were stated before \
      the run. A claim that does not hold is a finding, not a failure: the exit status is 0 either way. Criteria are \
      evidence, or checks of the mathematics, which say nothing of the claim but whether this program computes as it \
      should.

      With --out each study leaves NAME.json and figures/NAME-1.svg …, and index.html (studies.md in Markdown) \
      shows all studies in the folder, earlier ones included. Both are written after each study: Ctrl-C stops at once, \
      and studies that have finished are kept.

      Built with MPI, 'mpirun -n 4 steadfast study --all' shares the studies among four processes.

      Examples:
        steadfast study
        steadfast study euler --describe
        steadfast study degradation lesion
        steadfast study --all --out study-results
        steadfast study euler --full --seeds 0,1,2,3,4 --json
      """)

  @Argument(help: ArgumentHelp("Studies to run. (default: list them)", valueName: "name")) var names: [String] = []

  @Flag(help: "Run every study.") var all = false

  @Flag(help: "Say what the studies claim and by which criteria they are judged; run nothing.") var describe = false

  @Flag(
    help: """
      Run at the scale of the original claim, which may take hours, instead of minutes. The shipped images are 4,500: \
      give --data the original set.
      """)
  var full = false

  @Option(
    help: ArgumentHelp("Where to write. (default with --all: \(StudyCommand.standardFolder))", valueName: "folder"))
  var out: String?

  @Option(help: ArgumentHelp("The folder of PNG images. (default: the shipped ones)", valueName: "folder"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Seeds, each an independent repetition; at least two for an interval. (default: 0,1,2)", valueName: "list"),
    transform: SeedList.parse)
  var seeds: [UInt64] = [0, 1, 2]

  @Option(
    help: """
      Torch's threads; 0 means one per core. Networks of this size train faster on one: waiting for each other costs \
      more than a second thread gives. Bits of the results depend on it.
      """)
  var threads = 1

  @OptionGroup var output: OutputOptions

  private static let standardFolder = "study-results"

  func validate() throws {
    guard (0...1024).contains(threads) else { throw ValidationError("--threads must be 0 to 1024") }
    if all, !names.isEmpty { throw ValidationError("--all runs every study: name none besides") }
  }

  func run() async throws {
    if describe || (names.isEmpty && !all) {
      try await output.perform { _ in
        let studies = try names.isEmpty ? StudyCatalogue.all : chosen()
        return StudyList(studies: studies.map(StudyList.Entry.init), isDescribed: describe)
      }
    } else {
      try await output.performOnRanks { console, ranks in try await judge(console, ranks) }
    }
  }

  private func judge(_ console: Console, _ ranks: Communicator) async throws -> StudyFindings {
    // A wrong name, folder or earlier file should be known before anything has run.
    let studies = try all ? StudyCatalogue.all : chosen()
    let images = try data.map(InputFiles.existing) ?? InputFiles.shipped("Datasets/fashion-mini")
    let target = out ?? (all ? Self.standardFolder : nil)
    let folder = target.map { StudyFolder(InputFiles.url($0), names: StudyCatalogue.all.map(\.name)) }
    // Files are rank 0's.
    if let folder, ranks.isFirst {
      _ = try folder.records()
      try OutputFiles.prepareFolder(folder.url)
      SignalTrap.stopAtOnce()
    }
    let runner = try StudyRunner(StudySetting(scale: full ? .full : .quick, seeds: seeds, folder: images))

    return try await TorchActor.run {
      try Torch.setThreads(threads, sharingCoresWith: ranks.neighbours)
      var page: String?
      let records = try ranks.queue(
        count: studies.count,
        work: { index in
          let place = studies.count > 1 ? " (\(index + 1) of \(studies.count))" : ""
          let study = studies[index]
          return try runner.run(study) { what, share in
            let done = Int((100 * min(max(share, 0), 1)).rounded())
            console.progress("\(study.name)\(place): \(what)", done: done, of: 100, unit: "%")
          }
        },
        arrived: { _, record in
          // Written at once, so that an interruption loses no study that has ended.
          if let folder { page = try write(record, to: folder) }
          if studies.count > 1 {
            console.note("\(record.name): \(record.verdict.rawValue) in \(Numbers.elapsed(record.seconds))")
          }
        })
      return StudyFindings(studies: records, page: page)
    }
  }

  /// The record, its figures and the page on all studies there.
  private func write(_ record: StudyRecord, to folder: StudyFolder) throws -> String {
    do {
      try folder.write(record)
      return try folder.writePage().path
    } catch let error as ResultsError {
      throw error
    } catch {
      throw CommandError(.io, "\(folder.url.path): '\(record.name)' cannot be written: \(error.localizedDescription)")
    }
  }

  /// The studies named, each once, in the order named.
  private func chosen() throws -> [any Study] {
    var seen: Set<String> = []
    return try names.filter { seen.insert($0).inserted }.map { try StudyCatalogue.named($0) }
  }
}

/// Every study, before any is run.
private struct StudyList: CommandResult {
  struct Entry: Encodable, Sendable {
    let name: String
    let title: String
    let claim: String
    let method: String
    let criteria: [Criterion]
    let conditions: String

    init(_ study: any Study) {
      name = study.name
      title = study.title
      claim = study.claim
      method = study.method
      criteria = study.criteria.map { Criterion(statement: $0.statement, kind: $0.kind) }
      conditions = study.conditions
    }

    struct Criterion: Encodable, Sendable {
      let statement: String
      let kind: StudyRecord.Criterion.Kind

      var text: String { kind.label + statement }
    }
  }

  let schema = "steadfast.study-list/1"
  let studies: [Entry]
  /// Whether people, too, are told more than the titles.
  let isDescribed: Bool

  private enum CodingKeys: CodingKey {
    case schema, studies
  }

  var text: String {
    let width = (studies.map(\.name.count).max() ?? 0) + 2
    guard isDescribed else {
      return studies.map { $0.name.padding(toLength: width, withPad: " ", startingAt: 0) + $0.title }
        .joined(separator: "\n")
    }
    return studies.map { study in
      let words = [study.title, study.claim, study.method] + study.criteria.map { "– \($0.text)" } + [study.conditions]
      return words.enumerated().map { number, words in
        IndentedText(label: number == 0 ? study.name : "", words: words, indent: width).text
      }.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}

/// What the studies that were run found.
private struct StudyFindings: CommandResult {
  let schema = "steadfast.studies/1"
  var studies: [StudyRecord] = []
  /// The page on all studies, where one was written.
  var page: String?

  var text: String {
    (studies.map(Self.text) + [page].compactMap(\.self)).joined(separator: "\n\n")
  }

  private static func text(_ record: StudyRecord) -> String {
    let indent = 13
    func line(_ label: String, _ text: String) -> String {
      IndentedText(label: label, words: text, indent: indent).text
    }
    let criteria = record.criteria.flatMap { criterion in
      [line(criterion.outcome.rawValue, criterion.kind.label + criterion.statement), line("", "→ \(criterion.detail)")]
    }
    let seeds = record.seeds.map(String.init).joined(separator: ", ")
    return
      ([line(record.name, record.title), line("claim", record.claim), line("measured", record.method)] + criteria + [
        line("conditions", record.conditions),
        line(
          "verdict",
          "\(record.verdict.rawValue) (\(record.scale), seeds \(seeds), \(Numbers.elapsed(record.seconds)))"),
      ]).joined(separator: "\n")
  }
}

extension StudyRecord.Criterion.Kind {
  /// Stands in front of a criterion that is no evidence.
  fileprivate var label: String {
    switch self {
    case .evidence: ""
    case .check: "Check of the mathematics: "
    }
  }
}
