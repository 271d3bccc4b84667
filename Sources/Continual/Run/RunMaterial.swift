import Foundation
import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// What a run works on: images, tasks, and the device.
struct RunMaterial {
  let stream: TaskStream
  /// Of a trunk that learns from a folder of its own.
  let pretraining: ImageFolder?
  let device: Device
  /// SHA-256 of the images by role: what a checkpoint remembers them by.
  let digests: [String: String]

  init(_ configuration: Configuration, observer: any RunObserver) throws {
    device = try Device(named: configuration.compute.device)
    let data = configuration.data
    let images = try Self.load(data.folder, data, configuration.seed, observer)
    let order: TaskStream.ClassOrder =
      if !data.classes.isEmpty {
        .given(data.classes)
      } else {
        switch data.order {
        case .natural: .natural
        case .seeded: .seeded(RandomStream(seed: configuration.seed).stream("class order"))
        }
      }
    stream = try TaskStream.classSplit(images, classesPerTask: data.classesPerTask, order: order)

    switch configuration.strategy.trunk {
    case .folder:
      let folder = try Self.load(configuration.strategy.trunkPath, data, configuration.seed, observer)
      guard folder.train.shape == stream.shape else {
        throw RunError.unusable(
          reason: "images for pre-training are \(folder.train.shape), those of the tasks \(stream.shape)")
      }
      pretraining = folder
    case .firstTask, .weights: pretraining = nil
    }
    var digests = try ["training images": images.train.digest(), "test images": images.test.digest()]
    digests["pre-training images"] = try pretraining?.train.digest()
    self.digests = digests
  }

  /// - Throws: `RunError.dataDiffers` unless the images are those that `stored` is of.
  func requireSame(_ stored: [String: String], as run: String) throws {
    let differing = Set(stored.keys).union(digests.keys).sorted().filter { stored[$0] != digests[$0] }
    guard differing.isEmpty else {
      throw RunError.dataDiffers(
        folder: run,
        differences: differing.map { "the \($0) have other names, classes or pixels than when the run began" })
    }
  }

  var benchmarks: [TaskBenchmark] {
    stream.tasks.map { TaskBenchmark(task: $0, device: device) }
  }

  /// A trunk for these images; its first layer normalises by the statistics of what it learns from.
  func makeTrunk(_ configuration: Configuration, stream: RandomStream) throws -> any Trunk {
    let statistics = try PixelStatistics(
      of: pretraining.map { TaskImages($0.train) } ?? self.stream.tasks[0].train)
    let trunk = try configuration.network.makeTrunk(
      inputShape: self.stream.shape.inputShape, statistics: statistics, stream: stream)
    if configuration.strategy.trunk == .weights {
      try trunk.loadTrunk(from: URL(filePath: configuration.strategy.trunkPath))
    }
    return trunk
  }

  private static func load(
    _ folder: String, _ data: Configuration.Data, _ seed: UInt64, _ observer: any RunObserver
  ) throws -> ImageFolder {
    var options = data.imageFolderOptions(seed: seed)
    options.progress = { observer.progress("read \(folder)", done: $0, of: $1, unit: "images") }
    let loaded = try ImageFolder.load(URL(filePath: folder), options: options)
    let rate = Double(loaded.train.count + loaded.test.count) / max(loaded.seconds, 1e-9)
    observer.note(
      "\(folder): \(loaded.train.count) + \(loaded.test.count) images of \(loaded.classes.count) classes "
        + "(\(Int(rate)) images/s)")
    for file in loaded.skipped.prefix(10) { observer.note("warning: left out \(file.path): \(file.reason)") }
    if loaded.skipped.count > 10 { observer.note("warning: left out \(loaded.skipped.count - 10) more files") }
    return loaded
  }
}

extension ImageShape {
  /// Channels, height, width, as networks take them.
  public var inputShape: [Int] { [channels, height, width] }
}
