import Foundation
import Steadfast

/// A whole run of some size, in a process of its own.
struct ScaleRun {
  /// What grows while the rest stays.
  enum Growing: String, Encodable, CaseIterable {
    case tasks, images, ranks
  }

  struct Outcome {
    /// From the process's start to its end.
    let seconds: Double
    /// Largest resident size of the process; of several, of the largest one.
    let peakMemory: Int
  }

  /// Why there can be no such run here.
  struct Unavailable: Error { let reason: String }

  /// Training and test images of a task while tasks or processes grow.
  static let imagesPerTask = 100
  /// Tasks while images grow.
  static let fewTasks = 5
  /// Tasks while processes grow.
  static let sharedTasks = 24
  /// Of each of two classes some to learn from and one to test on.
  static let fewestImagesPerTask = 20

  let growing: Growing
  let size: Int
  private let threads: Int

  init(_ growing: Growing, _ size: Int, threads: Int) {
    (self.growing, self.size, self.threads) = (growing, size, threads)
  }

  private var tasks: Int {
    switch growing {
    case .tasks: size
    case .images: Self.fewTasks
    case .ranks: Self.sharedTasks
    }
  }

  /// - Throws: ``Unavailable`` where processes cannot work together here; ``CommandError`` where the run fails.
  func measure() throws -> Outcome {
    let place = FileManager.default.temporaryDirectory.appending(path: "steadfast-scale-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    let images = ScaleImages(
      tasks: tasks, imagesPerTask: growing == .images ? size / Self.fewTasks : Self.imagesPerTask)
    try images.write(to: place.appending(path: "images"))
    let experiment = place.appending(path: "scale.yaml")
    try Data(configuration.utf8).write(to: experiment)
    let arguments = ["train", experiment.path, "--out", place.appending(path: "run").path]
    let child = try ChildProcess(command(arguments))
    let clock = ContinuousClock()
    let start = clock.now
    let (status, peak, errors) = try child.run(standardErrorIn: place.appending(path: "errors.txt"))
    guard status != ExitStatus.unavailable.rawValue || growing != .ranks else {
      throw Unavailable(reason: "this program was built without MPI (swift build --traits MPI)")
    }
    guard status == 0 else {
      throw CommandError(.internal, "the run of \(size) \(growing.rawValue) ended with status \(status): \(errors)")
    }
    return Outcome(seconds: (clock.now - start) / .seconds(1), peakMemory: peak)
  }

  private func command(_ arguments: [String]) throws -> [String] {
    let program = Bundle.main.executablePath ?? CommandLine.arguments[0]
    guard growing == .ranks, size > 1 else { return [program] + arguments }
    guard let mpirun = ChildProcess.find("mpirun") else { throw Unavailable(reason: "there is no mpirun") }
    return [mpirun, "--oversubscribe", "--bind-to", "none", "-n", "\(size)", program] + arguments
  }

  /// Everything that is looked at for every task is off but for the evaluation itself.
  private var configuration: String {
    """
    name: scale
    data: {folder: images, storage: cache, cacheFolder: cache}
    network: {width: 4}
    training: {trunkEpochs: 1, epochs: 1, batchSize: 128}
    evaluation: {batchSize: 500, everyTasks: \(tasks), agnosticImages: 0, audit: off, bracketsPerTask: 0, galleryPerTask: 0}
    compute: {threads: \(threads)}
    """
  }
}
