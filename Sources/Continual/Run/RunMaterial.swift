import Foundation
import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// What a run works on: tasks, their images, and the device.
struct RunMaterial {
  let stream: TaskStream
  /// Of a trunk that learns before the tasks.
  let pretraining: Pretraining?
  let device: Device
  private let place: Int
  /// SHA-256 of the images by role: what a checkpoint remembers them by.
  let digests: [String: String]
  private let origin: Origin
  private let pretrainingFolder: ImageFolder?

  /// All of a configuration that decides what is read.
  private struct Origin: Equatable {
    let data: Configuration.Data
    let seed: UInt64
    let turnsImages: Bool
    let pretraining: String?
    let device: DeviceChoice

    init(_ configuration: Configuration) {
      data = configuration.data
      seed = configuration.seed
      turnsImages = configuration.strategy.trunk == .rotation
      pretraining = configuration.strategy.trunk == .folder ? configuration.strategy.trunkPath : nil
      device = configuration.compute.device
    }
  }

  /// - Parameters:
  ///   - known: materials whose images are taken instead of being read again, where they are the same.
  ///   - place: this process's among those on this machine, which share its devices.
  init(
    _ configuration: Configuration, reusing known: [RunMaterial] = [], place: Int = 0, observer: any RunObserver
  ) throws {
    let origin = Origin(configuration)
    self.origin = origin
    device = try configuration.compute.device.device(place: place)
    self.place = place
    var options = configuration.data.imageFolderOptions(seed: configuration.seed)
    options.progress = { observer.progress("read images", done: $0, of: $1, unit: "images") }
    let stream = try Self.stream(origin, known.filter { $0.origin.data == origin.data }, options, observer)
    pretrainingFolder = try Self.pretraining(origin, known, options, observer)
    if let shape = pretrainingFolder?.train.shape, shape != stream.shape {
      throw RunError.unusable(reason: "images for pre-training are \(shape), those of the tasks \(stream.shape)")
    }
    pretraining =
      try pretrainingFolder.map { Pretraining($0) }
      ?? (origin.turnsImages ? Pretraining(turning: stream.tasks[0].train) : nil)
    digests = try Self.digests(stream, pretrainingFolder)
    self.stream = stream
  }

  /// - Parameter known: of the same data, if with other seeds.
  private static func stream(
    _ origin: Origin, _ known: [RunMaterial], _ options: ImageFolderOptions, _ observer: any RunObserver
  ) throws -> TaskStream {
    let description = origin.data.stream
    if let same = known.first(where: { $0.origin.seed == origin.seed }) { return same.stream }
    for other in known {
      if let stream = try description.reopen(other.stream, seed: origin.seed) { return stream }
    }
    let stream = try description.open(folder: URL(filePath: origin.data.folder), options: options, seed: origin.seed)
    for folder in stream.folders { describe(folder, observer) }
    return stream
  }

  private static func pretraining(
    _ origin: Origin, _ known: [RunMaterial], _ options: ImageFolderOptions, _ observer: any RunObserver
  ) throws -> ImageFolder? {
    guard let path = origin.pretraining else { return nil }
    for other in known where other.origin.pretraining == path && other.origin.data == origin.data {
      guard let folder = other.pretrainingFolder, other.origin.seed == origin.seed || !folder.isDivided else {
        continue
      }
      return folder
    }
    let folder = try ImageFolder.load(URL(filePath: path), options: options)
    describe(folder, observer)
    return folder
  }

  /// Refuses what cannot be learned from these images, before anything is written.
  /// - Throws: `RunError.unusable`, `DataError`.
  func requireFit(_ configuration: Configuration) throws {
    _ = try configuration.makeStrategy(for: stream)
    try configuration.training.augmentation.validate(stream.shape)
  }

  /// What another configuration works on: this, where nothing of it differs.
  func material(for configuration: Configuration, observer: any RunObserver) throws -> RunMaterial {
    try Origin(configuration) == origin
      ? self : RunMaterial(configuration, reusing: [self], place: place, observer: observer)
  }

  /// SHA-256 of the images of a stream and of pre-training, by role.
  static func digests(_ stream: TaskStream, _ pretraining: ImageFolder? = nil) throws -> [String: String] {
    var digests: [String: String] = [:]
    for folder in stream.folders {
      let of = stream.folders.count == 1 ? "" : " of \(folder.root)"
      digests["training images" + of] = try folder.train.digest
      digests["test images" + of] = try folder.test.digest
    }
    digests["pre-training images"] = try pretraining?.train.digest
    return digests
  }

  /// - Throws: `RunError.dataDiffers` unless the images are those that `stored` is of.
  func requireSame(_ stored: [String: String], as run: String) throws {
    try Self.requireSame(digests, stored, as: run)
  }

  /// - Throws: `RunError.dataDiffers` unless images are those that `stored` is of.
  static func requireSame(_ digests: [String: String], _ stored: [String: String], as run: String) throws {
    let differing = Set(stored.keys).union(digests.keys).sorted().filter { stored[$0] != digests[$0] }
    guard differing.isEmpty else {
      throw RunError.dataDiffers(
        folder: run,
        differences: differing.map { "the \($0) have other names, classes or pixels than when the run began" })
    }
  }

  /// The tasks, and a lesson before them where the trunk has one.
  var lessonCount: Int { stream.tasks.count + (pretraining == nil ? 0 : 1) }

  var benchmarks: [TaskBenchmark] { stream.tasks.map { TaskBenchmark(task: $0, device: device) } }

  /// A trunk for these images; its first layer normalises by the statistics of what it learns from.
  func makeTrunk(
    _ configuration: Configuration, stream: RandomStream, observer: any RunObserver
  ) throws -> any Trunk {
    let images = pretraining?.source ?? self.stream.tasks[0].train
    var description = configuration.network
    if configuration.strategy.kind.traits.separatesTasks {
      let plan = try SeparatePlan(configuration, self.stream)
      observer.note(plan.summary)
      description = plan.description
    }
    let comesTrained = configuration.strategy.trunk == .weights
    let trunk = try description.makeTrunk(for: images, isFitted: !comesTrained, stream: stream)
    if comesTrained {
      try trunk.loadTrunk(from: URL(filePath: configuration.strategy.trunkPath)).forEach(observer.note)
    }
    return trunk
  }

  private static func describe(_ folder: ImageFolder, _ observer: any RunObserver) {
    let rate = Double(folder.train.count + folder.test.count) / max(folder.seconds, 1e-9)
    observer.note(
      "\(folder.root): \(folder.train.count) + \(folder.test.count) images of \(folder.classes.count) classes "
        + "(\(Int(rate)) images/s, \(folder.decoded) decoded, \(folder.reused) from the cache)")
    for note in folder.notes { observer.note(note) }
    for file in folder.skipped.prefix(10) { observer.warn("left out \(file.path): \(file.reason)") }
    if folder.skipped.count > 10 { observer.warn("left out \(folder.skipped.count - 10) more files") }
  }
}
