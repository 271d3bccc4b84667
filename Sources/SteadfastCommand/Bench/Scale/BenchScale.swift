import ArgumentParser
import Foundation
import Steadfast

struct BenchScale: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Measure growth: time and peak memory of whole runs with more tasks, more images, more processes.",
    discussion: """
      Each figure is a whole 'steadfast train' in a process of its own, with the strategy adapters and a ResNet-8 of \
      width 4 on generated images of 8×8, two classes a task: reading, learning, evaluating all tasks after the last \
      one, and the report. While one size grows the others stay: \(ScaleRun.imagesPerTask) images a task; \
      \(ScaleRun.fewTasks) tasks; \(ScaleRun.sharedTasks) tasks.

      Growth is fitted as size to the power p: 0 is flat, 1 linear, 2 quadratic. What every run costs whatever its \
      size makes p smaller, so beside p over all sizes and its standard error stands p between the two largest sizes \
      alone, where that weighs least. Processes need mpirun and a program built with MPI; otherwise they are left out, \
      and it says so.

      Examples:
        steadfast bench scale
        steadfast bench scale --tasks 50,100,200,500 --images '' --ranks ''
        steadfast bench scale --images 1000,10000,100000 --repeat 3 --json
      """)

  @Option(help: ArgumentHelp("Numbers of tasks; '' for none.", valueName: "list"), transform: Self.sizes)
  var tasks = [5, 10, 20, 50]

  @Option(
    help: ArgumentHelp("Numbers of images, training and test; '' for none.", valueName: "list"), transform: Self.sizes)
  var images = [1000, 10000, 100_000]

  @Option(help: ArgumentHelp("Numbers of processes; '' for none.", valueName: "list"), transform: Self.sizes)
  var ranks = [1, 2, 4]

  @Option(name: .customLong("repeat"), help: "Rounds, of which the fastest and the leanest count.") var rounds = 1

  @Option(help: "Threads of each process.") var threads = 1

  @OptionGroup var output: OutputOptions

  private static let largestSize = 1_000_000

  private static func sizes(_ text: String) throws -> [Int] {
    let sizes = text.split(separator: ",").map { Int($0.trimmingCharacters(in: .whitespaces)) ?? 0 }
    guard sizes.allSatisfy((1...largestSize).contains) else {
      throw ValidationError("'\(text)' is no list of numbers from 1 to \(largestSize), such as 5,10,20")
    }
    return Set(sizes).sorted()
  }

  func validate() throws {
    let fewest = ScaleRun.fewTasks * ScaleRun.fewestImagesPerTask
    guard images.allSatisfy({ $0 >= fewest }) else { throw ValidationError("--images must be \(fewest) at least") }
    guard (ranks.max() ?? 1) <= 1024 else { throw ValidationError("--ranks must be 1 to 1024") }
    guard (1...1000).contains(rounds) else { throw ValidationError("--repeat must be 1 to 1000") }
    guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024") }
  }

  func run() async throws {
    try await output.perform { try measure($0) }
  }

  private func measure(_ console: Console) throws -> ScaleFindings {
    let runs =
      tasks.map { ScaleRun(.tasks, $0, threads: threads) }
      + images.map { ScaleRun(.images, $0, threads: threads) }
      + ranks.map { ScaleRun(.ranks, $0, threads: threads) }
    var findings = ScaleFindings()
    for (index, run) in runs.enumerated() {
      console.progress("bench \(run.growing.rawValue)", done: index, of: runs.count, unit: "sizes")
      if run.growing == .ranks, findings.skipped != nil { continue }
      do {
        let outcomes = try (0..<rounds).map { _ in try run.measure() }
        findings.rows.append(.init(run, outcomes))
      } catch let error as ScaleRun.Unavailable {
        findings.skipped = error.reason
      }
    }
    return findings
  }
}
