import Foundation
import ImageData
import Results
import Synchronization
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct GridTests {
  let data: TemporaryFolder
  let grids: TemporaryFolder

  init() throws {
    data = try TemporaryFolder()
    grids = try TemporaryFolder()
    try BarImages.write(to: data.url, train: 12, test: 4)
  }

  /// Two strategies, as short as can be.
  private func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .tiny(data.url) {
      $0.data.stream.order = .seeded
      $0.training.trunkEpochs = 1
      $0.training.epochs = 1
      $0.evaluation.attacks = [$0.evaluation.attacks[0]]
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
      $0.contrasts = [.init(name: "tuned", set: ["strategy.kind=fine-tuning"])]
      change(&$0)
    }
  }

  private func record(_ folder: URL) throws -> GridRecord {
    try GridRecord(contentsOf: folder.appending(path: "grid.json"))
  }

  @Test func aKilledGridGoesOn() throws {
    let whole = grids.url.appending(path: "whole")
    let log = Recorder()
    let expected = try Experiment.grid(configuration(), seeds: [3, 5], in: whole, options: .init(observer: log))
    #expect(expected.variants.map(\.name) == ["adapters", "tuned"])
    #expect(expected.cells.map(\.folder) == ["adapters/seed-3", "adapters/seed-5", "tuned/seed-3", "tuned/seed-5"])
    #expect(expected.cells.allSatisfy { $0.status == .finished && $0.figures["averageAccuracy"] != nil })
    #expect(try record(whole) == expected)
    #expect(expected.metrics.map(\.id).contains("averageAccuracy.certified.l2.1/10"))
    for name in ["grid.html", "grid.md", "grid.csv", "adapters/seed-3/report.html"] {
      #expect(FileManager.default.fileExists(atPath: whole.appending(path: name).path), "\(name)")
    }
    #expect(log.notes.count { $0.hasPrefix("\(data.url.path): 48 + 16 images") } == 1, "read once for both seeds")
    #expect(log.notes.contains { $0.hasPrefix("cell 4 of 4: tuned, seed 5; about ") }, "\(log.notes)")

    let killed = grids.url.appending(path: "killed")
    let interruption = Interruption()
    #expect(throws: RunError.gridInterrupted(folder: killed.path)) {
      try Experiment.grid(
        configuration(), seeds: [3, 5], in: killed,
        options: .init(
          observer: InterruptingObserver("2/4 learn task 2", after: 1, interruption), interruption: interruption))
    }
    let half = try record(killed)
    #expect(half.cells.map(\.status) == [.finished, .open, .open, .open])
    let first = try Data(contentsOf: killed.appending(path: "adapters/seed-3/results.json"))
    let resumed = try Experiment.grid(configuration(), seeds: [3, 5], in: killed)
    #expect(resumed.withoutSeconds == expected.withoutSeconds)
    #expect(try Data(contentsOf: killed.appending(path: "adapters/seed-3/results.json")) == first, "it was skipped")

    // Finished, it is only read; and it may grow.
    let again = Recorder()
    #expect(
      try Experiment.grid(configuration(), seeds: [3, 5], in: whole, options: .init(observer: again)) == expected)
    #expect(again.notes.isEmpty && again.stages.isEmpty)
  }

  /// A run of a grid may be evaluated further; one that measured less than the grid asks for is another run.
  @Test func aCellMayKnowMore() throws {
    let folder = grids.url.appending(path: "grid")
    let plain = try configuration { $0.contrasts = [] }
    let before = try Experiment.grid(plain, seeds: [1], in: folder)
    let more = Configuration.Attack(name: .fgsm, norm: .linf, epsilons: [try .init("2/255")])
    _ = try Experiment.evaluate(
      folder.appending(path: "adapters/seed-1"),
      adding: .init(
        attacks: [more], corruptions: .init(images: 3, severities: [1], kinds: [.contrast]),
        spatial: .init(shifts: 1, draws: 2)))
    let log = Recorder()
    let after = try Experiment.grid(plain, seeds: [1], in: folder, options: .init(observer: log))
    #expect(after.cells[0].status == .finished && log.stages.isEmpty, "it is kept")
    #expect(after.cells[0].figures["averageAccuracy"] == before.cells[0].figures["averageAccuracy"])
    // Its results gone, it is made again from its checkpoints, as it was.
    try FileManager.default.removeItem(at: folder.appending(path: "adapters/seed-1/results.json"))
    let again = try Experiment.grid(plain, seeds: [1], in: folder)
    #expect(again.cells[0].status == .finished && again.cells[0].figures.count == after.cells[0].figures.count)
    var greedy = plain
    greedy.evaluation.attacks[0].epsilons.append(try .init("4/255"))
    #expect(throws: (any Error).self) { try Experiment.grid(greedy, seeds: [1], in: folder) }
  }

  /// A cell of a grid is the run that `train` makes.
  @Test func aCellIsARun() throws {
    let folder = grids.url.appending(path: "grid")
    let plain = try configuration { $0.contrasts = [] }
    _ = try Experiment.grid(plain, seeds: [9], in: folder)
    var alone = plain
    alone.seed = 9
    let run = grids.url.appending(path: "run")
    let results = try Experiment.train(alone, in: run)
    let cell = folder.appending(path: "adapters/seed-9")
    #expect(try Results(contentsOf: cell.appending(path: "results.json")).equalsIgnoringSeconds(results))
    #expect(try fingerprint(of: cell) == fingerprint(of: run))
    #expect(try Experiment.verify(cell).passed)
  }

  /// The order of classes is drawn from each seed where it is drawn at all.
  @Test func ordersAreThoseOfTheSeeds() throws {
    let seeds: [UInt64] = [0, 1, 2, 3]
    let material = try RunMaterial(configuration(), observer: SilentObserver())
    let shared = try seeds.map { seed in
      try material.material(for: configuration { $0.seed = seed }, observer: SilentObserver()).stream
    }
    let read = try seeds.map { seed in
      try RunMaterial(configuration { $0.seed = seed }, observer: SilentObserver()).stream
    }
    #expect(shared.map { $0.tasks.map(\.classes) } == read.map { $0.tasks.map(\.classes) })
    #expect(shared.map(\.lines) == read.map(\.lines))
    #expect(Set(shared.map { $0.tasks.map(\.classes) }).count > 1)
    let natural = try RunMaterial(configuration { $0.data.stream.order = .natural }, observer: SilentObserver())
    let other = try natural.material(
      for: configuration {
        $0.data.stream.order = .natural
        $0.seed = 3
      }, observer: SilentObserver())
    #expect(other.stream.tasks.map(\.classes) == natural.stream.tasks.map(\.classes))
  }

  /// Without test images of its own a folder is divided by the seed, so that its images are read for each.
  @Test func imagesThatTheSeedDividesAreReadAgain() throws {
    let flat = try TemporaryFolder()
    try FileManager.default.removeItem(at: flat.url)
    try FileManager.default.copyItem(at: data.url.appending(path: "train"), to: flat.url)
    let first = try RunMaterial(configuration { $0.data.folder = flat.url.path }, observer: SilentObserver())
    let second = try first.material(
      for: configuration {
        $0.data.folder = flat.url.path
        $0.seed = 1
      }, observer: SilentObserver())
    #expect(first.digests != second.digests)
  }

  @Test func aCellThatFailsIsRecordedAndTheGridGoesOn() throws {
    let folder = grids.url.appending(path: "grid")
    let diverging = try configuration {
      $0.contrasts = [
        .init(name: "wild", set: ["training.optimizer.learningRate=100", "network.norm=none"]),
        .init(name: "tuned", set: ["strategy.kind=fine-tuning"]),
      ]
    }
    let record = try Experiment.grid(diverging, seeds: [1], in: folder)
    let failed = record.cells.filter { $0.status == .failed }
    #expect(failed.map(\.variant) == ["wild"])
    #expect(failed.allSatisfy { $0.reason?.contains("learningRate may help") == true }, "\(failed)")
    #expect(record.cells.count { $0.status == .finished } == 2)
    #expect(record.failures.first?.hasPrefix("wild/seed-1: ") == true)
    // Tried again, with the same result.
    #expect(try Experiment.grid(diverging, seeds: [1], in: folder).withoutSeconds == record.withoutSeconds)
  }

  @Test func damageIsNamed() throws {
    let folder = grids.url.appending(path: "grid")
    let plain = try configuration { $0.contrasts = [] }
    let expected = try Experiment.grid(plain, seeds: [1, 2], in: folder)

    // Results are made again from the checkpoints.
    let results = folder.appending(path: "adapters/seed-1/results.json")
    try Data(contentsOf: results).prefix(500).write(to: results)
    let log = Recorder()
    let healed = try Experiment.grid(plain, seeds: [1, 2], in: folder, options: .init(observer: log))
    #expect(healed.withoutSeconds == expected.withoutSeconds)
    #expect(log.warnings.contains { $0.hasPrefix("\(results.path): not valid JSON") }, "\(log.warnings)")

    // Without whole checkpoints the cell is lost, and named; the others stay.
    try FileManager.default.removeItem(at: results)
    let checkpoints = folder.appending(path: "adapters/seed-1/checkpoints")
    for name in try FileManager.default.contentsOfDirectory(atPath: checkpoints.path) {
      try Data("{".utf8).write(to: checkpoints.appending(path: "\(name)/state.json"))
    }
    let record = try Experiment.grid(plain, seeds: [1, 2], in: folder)
    #expect(record.cells.map(\.status) == [.failed, .finished])
    #expect(record.failures.count == 1 && record.failures[0].contains("seed-1/checkpoints"), "\(record.failures)")
  }

  @Test func aChangedConfigurationIsRefused() throws {
    let folder = grids.url.appending(path: "grid")
    let plain = try configuration { $0.contrasts = [] }
    _ = try Experiment.grid(plain, seeds: [1], in: folder)
    var longer = plain
    longer.training.epochs = 2
    #expect(
      throws: RunError.configurationDiffers(
        folder: folder.appending(path: "adapters/seed-1").path, differences: ["training.epochs: 1 → 2"])
    ) { try Experiment.grid(longer, seeds: [0, 1], in: folder) }
    #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "adapters/seed-0").path))

    let replaced = try Experiment.grid(longer, seeds: [1], in: folder, options: .init(force: true))
    #expect(replaced.cells.map(\.status) == [.finished])
    #expect(replaced.configuration.contains("epochs: 2"))

    // Other images under finished cells are not compared with.
    try FileManager.default.removeItem(at: data.url.appending(path: "train/class-1/3.png"))
    #expect {
      try Experiment.grid(longer, seeds: [1, 2], in: folder)
    } throws: {
      if case RunError.dataDiffers = $0 { true } else { false }
    }
    #expect(throws: RunError.self) { try Experiment.grid(longer, seeds: [1, 1], in: folder) }
    #expect(throws: RunError.self) { try Experiment.grid(longer, seeds: [], in: folder) }
    #expect(throws: RunError.self) {
      try Experiment.grid(longer, seeds: [1], in: folder.appending(path: "adapters/seed-1"))
    }
    longer.contrasts = [.init(name: "other", set: ["seed=4"])]
    #expect(throws: RunError.self) { try Experiment.grid(longer, seeds: [1], in: folder) }
  }

  /// A cell that another process holds is left to it, and taken up when it lets go.
  @Test func aCellInUseIsTakenUpAtTheEnd() throws {
    let folder = grids.url.appending(path: "grid")
    let plain = try configuration { $0.contrasts = [] }
    let held = Mutex<RunFolder?>(try RunFolder(folder.appending(path: "adapters/seed-1"), .fresh))
    let log = Recorder { if $0.hasPrefix("waiting") { held.withLock { $0 = nil } } }
    let record = try Experiment.grid(plain, seeds: [1, 2], in: folder, options: .init(observer: log))
    #expect(record.cells.map(\.status) == [.finished, .finished])
    #expect(log.notes.contains("waiting for 1 cell(s) that another process works on"), "\(log.notes)")
  }

  @Test func theConfigurationIsCalledAsNoContrast() throws {
    let plain = try configuration { $0.contrasts = [.init(name: "Adapters", set: []), .init(name: "base", set: [])] }
    #expect(try GridPlan(plain, seeds: [0]).variants.map(\.name) == ["base-2", "Adapters", "base"])
  }
}

/// Keeps what it is told.
final class Recorder: RunObserver {
  private let told = Mutex<(stages: [String], notes: [String], warnings: [String])>(([], [], []))
  private let onNote: @Sendable (String) -> Void

  init(onNote: @escaping @Sendable (String) -> Void = { _ in }) { self.onNote = onNote }

  var stages: [String] { told.withLock { $0.stages } }
  var notes: [String] { told.withLock { $0.notes } }
  var warnings: [String] { told.withLock { $0.warnings } }

  func progress(_ stage: String, done: Int, of total: Int, unit: String) { told.withLock { $0.stages.append(stage) } }

  func note(_ message: String) {
    told.withLock { $0.notes.append(message) }
    onNote(message)
  }

  func warn(_ message: String) { told.withLock { $0.warnings.append(message) } }
}
