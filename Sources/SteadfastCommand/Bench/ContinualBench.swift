import Foundation
import Steadfast
import Synchronization

/// How long an epoch of learning a task takes, in each way of learning it: whole runs, stopped before they evaluate.
struct ContinualBench {
  let folder: URL
  let threads: Int

  private static let batchSize = 64

  /// A way of learning: what its configuration changes, and how many epochs are timed.
  private struct Way: Sendable {
    let name: String
    let epochs: Int
    let change: @Sendable (inout Configuration, URL) -> Void
  }

  private static let ways = [
    Way(name: "full training", epochs: 4) { configuration, _ in configuration.strategy.kind = .fineTuning },
    Way(name: "parallel adapters", epochs: 4) { configuration, folder in
      configuration.strategy.trunk = .folder
      configuration.strategy.trunkPath = folder.path
    },
    Way(name: "side adapters", epochs: 21) { configuration, folder in
      configuration.strategy.trunk = .folder
      configuration.strategy.trunkPath = folder.path
      configuration.strategy.adapter.kind = .side
    },
  ]

  @TorchActor
  func rows() throws -> [BenchFindings.Row] {
    let images = try ImageFolder.load(folder)
    let classes = images.classes.count
    return try Self.ways.flatMap { way in
      let (first, later) = try seconds(way, classes: classes)
      func row(_ seconds: Double, _ which: String) -> BenchFindings.Row {
        BenchFindings.Row(
          name: BenchTask.continual.rawValue, rate: seconds * 1000, unit: "ms/epoch",
          note: "\(way.name), \(which): \(images.train.count) images, ResNet-8 width 8, batches of \(Self.batchSize)")
      }
      return [row(first, "first epoch and what precedes it"), row(later, "best later epoch")]
    }
  }

  @TorchActor
  private func seconds(_ way: Way, classes: Int) throws -> (first: Double, later: Double) {
    let place = FileManager.default.temporaryDirectory.appending(path: "steadfast-bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    var configuration = Configuration()
    configuration.data.folder = folder.path
    configuration.data.stream.classesPerTask = classes
    configuration.training.batchSize = Self.batchSize
    configuration.training.trunkEpochs = way.name == Self.ways[0].name ? way.epochs : 1
    configuration.training.epochs = way.epochs
    configuration.compute.threads = threads
    way.change(&configuration, folder)
    let interruption = Interruption()
    let clock = EpochClock(lesson: "learn task 1", stoppingWith: interruption)
    do {
      _ = try Experiment.train(
        configuration, in: place, options: RunOptions(observer: clock, interruption: interruption))
    } catch RunError.interrupted {}
    let epochs = clock.epochs
    return (epochs.first ?? 0, epochs.dropFirst().min() ?? 0)
  }
}

/// Notes when epochs end, and stops the run after the last one.
private final class EpochClock: RunObserver {
  private let lesson: String
  private let interruption: Interruption
  private let state = Mutex(State())

  private struct State {
    var last = ContinuousClock.now
    var epochs: [Double] = []
  }

  init(lesson: String, stoppingWith interruption: Interruption) {
    self.lesson = lesson
    self.interruption = interruption
  }

  /// Seconds of each epoch; of the first, from the end of whatever the run told of before.
  var epochs: [Double] { state.withLock(\.epochs) }

  func progress(_ stage: String, done: Int, of total: Int, unit: String) {
    let now = ContinuousClock.now
    state.withLock {
      if stage == lesson { $0.epochs.append((now - $0.last) / .seconds(1)) }
      $0.last = now
    }
    if stage == lesson, done == total { interruption.raise() }
  }

  func note(_ message: String) { state.withLock { $0.last = .now } }
  func warn(_ message: String) { note(message) }
}
