import Distributed
import Foundation
import Reporting
import Results
import TorchCore

/// Works on a grid, cell after cell: alone, with the ranks that were started together, or beside other processes that
/// do the same.
final class GridRun {
  let name: String
  /// Of the configuration, as YAML.
  let text: String
  let plan: GridPlan
  let url: URL
  private let options: RunOptions
  private let start = Date.now
  /// By the cell's folder.
  private(set) var outcomes: [String: Outcome] = [:]
  private var progress = GridProgress()
  /// Of the last cell, and of the last one that was pre-trained: their images serve other cells as well.
  private var materials: [RunMaterial] = []

  enum Outcome: Codable {
    case finished(GridMeasurement, brokenProofs: [String], seconds: Double?)
    case failed(String)
  }

  /// What the rank that took a cell says of it.
  private struct Report: Codable {
    /// nil where a process that is no rank works on it.
    var outcome: Outcome?
    /// Whether it was found out now.
    var isNew = false
  }

  /// - Throws: `RunError.unusable`, `ConfigurationError`.
  init(_ configuration: Configuration, seeds: [UInt64], in url: URL, _ options: RunOptions) throws {
    name = configuration.name
    text = try configuration.yaml()
    plan = try GridPlan(configuration, seeds: seeds)
    self.url = url
    self.options = options
  }

  /// Learns what is not learned yet.
  @TorchActor
  func run() throws -> GridRecord {
    try requireGridFolder()
    try requireSameConfigurations()
    for cell in plan.cells { try adopt(cell) }
    let isFinished = outcomes.count == plan.cells.count
    if !isFinished { try requireFit() }
    try FileManager.default.makeFolder(url)

    // Rank 0 says whether there is anything to do; another may look when the first cell is learned already.
    var inUse = try share(plan.cells, count: isFinished ? 0 : plan.cells.count)
    if !inUse.isEmpty { options.observer.note("waiting for \(inUse.count) cell(s) that another process works on") }
    while !inUse.isEmpty {
      Thread.sleep(forTimeInterval: Self.pause)
      inUse = try share(inUse, count: inUse.count)
    }
    return options.ranks.isFirst ? try write() : record()
  }

  /// Works on cells with the other ranks, one by one.
  /// - Parameter count: how many of them, on rank 0.
  /// - Returns: those that other processes work on.
  @TorchActor
  private func share(_ cells: [GridPlan.Cell], count: Int) throws -> [GridPlan.Cell] {
    var own: Set<Int> = []
    let reports = try options.ranks.queue(
      count: count,
      work: { place in
        own.insert(place)
        return try settle(cells[place])
      },
      arrived: { place, report in
        let cell = cells[place]
        guard let outcome = report.outcome, report.isNew else { return }
        if !own.contains(place) { options.observer.note("\(title(of: cell)): another rank has done it") }
        take(outcome, of: cell)
        if case .failed(let reason) = outcome { options.observer.warn("\(cell.folder) failed: \(reason)") }
        try write()
      })
    for (cell, report) in zip(cells, reports) { outcomes[cell.folder] = report.outcome }
    return zip(cells, reports).filter { $1.outcome == nil }.map(\.0)
  }

  /// Seconds between looks at cells that another process works on.
  private static let pause = 0.5

  // MARK: Before anything is written

  private func requireGridFolder() throws {
    guard FileManager.default.fileExists(atPath: url.appending(RunFile.configuration).path) else { return }
    throw RunError.unusable(reason: "\(url.path) is the folder of a run: a grid needs one of its own")
  }

  /// Cells that were made with another configuration would be compared with what they are not.
  private func requireSameConfigurations() throws {
    guard !options.force else { return }
    for cell in plan.cells {
      if case .differs(let differences) = folder(cell).state() {
        throw RunError.configurationDiffers(folder: folder(cell).url.path, differences: differences)
      }
    }
  }

  /// A mistyped folder, or a variant that cannot learn these tasks, should be known before any cell is learned.
  private func requireFit() throws {
    for cell in plan.cells where cell.seed == plan.seeds[0] {
      try material(for: cell.configuration).requireFit(cell.configuration)
    }
  }

  // MARK: Cells

  @TorchActor
  private func settle(_ cell: GridPlan.Cell) throws -> Report {
    try stopIfAsked()
    if let outcome = outcomes[cell.folder] {
      try compareImages(cell)
      return Report(outcome: outcome)
    }
    if try !adopt(cell) {
      if folder(cell).isInUse { return Report() }
      do {
        try learn(cell)
      } catch RunError.inUse {
        return Report()
      } catch RunError.interrupted, RunError.stopped {
        try stop()
      } catch let error as RunError where error.isOfTheImages {
        throw error
      } catch {
        // Results are written before they are found to contradict each other.
        if case RunError.inconsistent = error, try adopt(cell) {
          return Report(outcome: outcomes[cell.folder], isNew: true)
        }
        try folder(cell).writeFailure("\(error)")
        outcomes[cell.folder] = .failed("\(error)")
      }
    }
    return Report(outcome: outcomes[cell.folder], isNew: true)
  }

  /// Takes over a cell that is finished, or that another process has just seen fail.
  @discardableResult
  private func adopt(_ cell: GridPlan.Cell) throws -> Bool {
    let folder = folder(cell)
    do {
      guard let results = try folder.results() else {
        outcomes[cell.folder] = folder.failure(since: start).map { .failed($0) }
        return outcomes[cell.folder] != nil
      }
      take(Outcome(results), of: cell)
      return true
    } catch let error as ResultsError {
      options.observer.warn("\(error); made again from the run's checkpoints")
      return false
    }
  }

  @TorchActor
  private func learn(_ cell: GridPlan.Cell) throws {
    let folder = folder(cell)
    let material = try material(for: cell.configuration)
    let left = progress.left(
      plan.cells.filter { outcomes[$0.folder] == nil }.map(\.variant), among: options.ranks.size)
    options.observer.note(title(of: cell) + (left.isEmpty ? "" : "; \(left)"))
    folder.forgetFailure()
    var own = options
    own.observer = GridCellObserver(base: options.observer, place: "\(number(of: cell))/\(plan.cells.count)")
    // A cell is one rank's.
    own.ranks = .single
    var configuration = cell.configuration
    switch folder.state() {
    case .absent: (own.resume, own.force) = (false, false)
    case .begun(let made): (own.resume, own.force, configuration) = (true, false, made)
    case .differs, .unreadable: (own.resume, own.force) = (!options.force, options.force)
    }
    take(Outcome(try Experiment.train(configuration, material, in: folder.url, own)), of: cell)
  }

  /// Its place in the order of work, from 1.
  private func number(of cell: GridPlan.Cell) -> Int {
    1 + (plan.cells.firstIndex { $0.folder == cell.folder } ?? 0)
  }

  private func title(of cell: GridPlan.Cell) -> String {
    "cell \(number(of: cell)) of \(plan.cells.count): \(cell.variant), seed \(cell.seed)"
  }

  private func take(_ outcome: Outcome, of cell: GridPlan.Cell) {
    if case .finished(_, _, let seconds) = outcome, outcomes[cell.folder] == nil {
      progress.add(cell.variant, seconds: seconds)
    }
    outcomes[cell.folder] = outcome
  }

  /// Cells of other images than those that are learned from now would not be the same experiment.
  private func compareImages(_ cell: GridPlan.Cell) throws {
    guard case .finished = outcomes[cell.folder] else { return }
    do {
      try folder(cell).requireSameImages(material(for: cell.configuration))
    } catch RunError.damaged(let path, let reason) {
      options.observer.warn("\(path): \(reason); its images cannot be compared")
    }
  }

  private func material(for configuration: Configuration) throws -> RunMaterial {
    let material = try RunMaterial(configuration, reusing: materials, place: options.place, observer: options.observer)
    materials = [material] + (materials.first { $0.pretraining != nil }.map { [$0] } ?? [])
    return material
  }

  private func folder(_ cell: GridPlan.Cell) -> GridCellFolder {
    GridCellFolder(url: url.appending(path: cell.folder), configuration: cell.configuration)
  }

  private func stopIfAsked() throws {
    if options.interruption.isRaised { try stop() }
  }

  private func stop() throws {
    if options.ranks.isFirst { try write() }
    throw RunError.gridInterrupted(folder: url.path)
  }
}

extension GridRun.Outcome {
  fileprivate init(_ results: Results) {
    self = .finished(GridMeasurement(results), brokenProofs: results.brokenProofs, seconds: results.seconds.total)
  }
}

extension RunError {
  /// Whether the images are others than before, which no cell can help.
  fileprivate var isOfTheImages: Bool { if case .dataDiffers = self { true } else { false } }
}
