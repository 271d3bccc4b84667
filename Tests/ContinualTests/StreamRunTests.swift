import Foundation
import ImageData
import Results
import Testing
import TorchCore

@testable import Continual

/// Whole runs on every kind of stream.
@TorchActor @Suite struct StreamRunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try RunFolders()
  }

  /// Short, for what is asked is whether a stream runs, verifies and reports, not how well it is learned.
  private func train(_ name: String, _ change: (inout Configuration) -> Void) throws -> Results {
    let folder = runs.url.appending(path: name)
    let configuration = try Configuration.tiny(data.url) {
      $0.training.trunkEpochs = 2
      $0.training.epochs = 1
      $0.evaluation.attacks = [$0.evaluation.attacks[0]]
      change(&$0)
    }
    let results = try Experiment.train(configuration, in: folder)
    #expect(try Experiment.verify(folder).passed)
    #expect(results.metrics(of: .clean(.taskAware))?.forgetting == 0)
    let page = try String(contentsOf: folder.appending(path: "report.html"), encoding: .utf8)
    for line in results.stream { #expect(page.contains(line.split(separator: "<")[0].prefix(20)), "\(line)") }
    return results
  }

  @Test func viewsOfOneFolder() throws {
    try BarImages.write(to: data.url, train: 12, test: 4)
    let permuted = try train("permuted") {
      $0.data.stream = StreamDescription(kind: .permuted)
      $0.data.stream.tasks = 3
    }
    #expect(permuted.tasks.map(\.classes.count) == [4, 4, 4])
    let rotated = try train("rotated") {
      $0.data.stream = StreamDescription(kind: .rotated)
      $0.data.stream.degrees = [0, 90]
    }
    #expect(rotated.tasks.count == 2)
    let degraded = try train("degraded") {
      $0.data.stream = StreamDescription(kind: .degraded)
      $0.data.stream.degradations = ["none", "gaussian-noise/2"]
    }
    #expect(degraded.stream.contains { $0.contains("gaussian-noise/2") })
    // Where tasks share classes, a wrong task may still name the right class.
    let inferred = try #require(degraded.taskInference?.accuracy.last ?? nil)
    let agnostic = try #require(degraded.metrics(of: .clean(.taskAgnostic))?.averageAccuracy)
    #expect(agnostic >= 0 && agnostic <= 1 && inferred <= 1)
  }

  @Test func domainsOfDifferentSize() throws {
    try BarImages.write(to: data.url.appending(path: "small"), train: 12, test: 4, side: 8)
    try BarImages.write(to: data.url.appending(path: "tall"), train: 12, test: 4, seed: 2, side: 16)
    let results = try train("domains") {
      $0.data.stream = StreamDescription(kind: .domains)
      $0.data.decoding.sizing = Sizing(height: 8, width: 8, filter: .area)
    }
    #expect(results.tasks.map(\.name) == ["small", "tall"])
    #expect(results.tasks[0].classes == results.tasks[1].classes)
  }

  @Test func foldersInSequence() throws {
    try BarImages.write(to: data.url.appending(path: "first"), classes: 2, train: 12, test: 4)
    try BarImages.write(to: data.url.appending(path: "second"), classes: 3, train: 12, test: 4, seed: 3)
    let root = data.url
    let results = try train("sequence") {
      $0.data.folder = ""
      $0.data.stream = StreamDescription(kind: .sequence)
      $0.data.stream.folders = ["first", "second"].map { root.appending(path: $0).path }
    }
    #expect(results.tasks.map(\.classes.count) == [2, 3])
  }

  @Test func sixteenBitsAndTransparencyAreKept() throws {
    for (split, count) in [("train", 12), ("test", 4)] {
      for label in 0..<4 {
        let folder = data.url.appending(path: "\(split)/\(label)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for index in 0..<count {
          let samples = (0..<64).flatMap { pixel -> [UInt16] in
            [UInt16((pixel / 8 == 2 * label ? 40_000 : 0) + 257 * index + 31 * pixel), 65_535 - UInt16(pixel)]
          }
          let bytes = samples.withUnsafeBytes { Array($0) }
          try PNG.write(
            Image(width: 8, height: 8, channels: 2, depth: .sixteen, pixels: bytes),
            to: folder.appending(path: "\(index).png"))
        }
      }
    }
    let results = try train("sixteen") {
      $0.data.decoding.depth = .sixteen
      $0.data.decoding.alpha = .keep
    }
    let item = try #require(results.gallery.first)
    let image = try PNG.decode(
      contentsOf: runs.url.appending(path: "sixteen/\(item.adversarial)"), depth: .sixteen)
    #expect(image.channels == 2 && image.shape.depth == .sixteen)
    let levels = image.pixels.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
    #expect(levels.contains { $0 % 257 != 0 }, "levels between those of 8 bits")
  }

  @Test func augmentedTrainingResumesBitForBit() throws {
    try BarImages.write(to: data.url, train: 16, test: 4)
    func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
      try .tiny(data.url) {
        $0.training.augmentation = Augmentation(padAndCrop: 1, flip: true, cutout: 2, mixup: 0.5)
        $0.training.noise = 0.1
        $0.evaluation.attacks = []
        $0.checkpoints.everySteps = 3
        change(&$0)
      }
    }
    let whole = runs.url.appending(path: "whole")
    let results = try Experiment.train(configuration(), in: whole)
    let parts = runs.url.appending(path: "parts")
    let interruption = Interruption()
    let observer = InterruptingObserver("learn", after: 3, interruption)
    #expect(throws: RunError.interrupted(folder: parts.path)) {
      _ = try Experiment.train(
        configuration(), in: parts, options: RunOptions(observer: observer, interruption: interruption))
    }
    let resumed = try Experiment.train(configuration(), in: parts, options: RunOptions(resume: true))
    #expect(resumed.equalsIgnoringSeconds(results))
    #expect(try fingerprint(of: parts) == fingerprint(of: whole))
    // Each part of the augmentation matters.
    for (name, change) in [
      ("crop", { (it: inout Configuration) in it.training.augmentation.padAndCrop = 0 }),
      ("flip", { (it: inout Configuration) in it.training.augmentation.flip = false }),
      ("cutout", { (it: inout Configuration) in it.training.augmentation.cutout = 0 }),
      ("mixup", { (it: inout Configuration) in it.training.augmentation.mixup = 0 }),
      ("noise", { (it: inout Configuration) in it.training.noise = 0 }),
    ] {
      let other = runs.url.appending(path: name)
      _ = try Experiment.train(configuration(change), in: other)
      #expect(try fingerprint(of: other) != fingerprint(of: whole), "\(name)")
    }
  }

  @Test func whereImagesAreKeptChangesNothing() throws {
    try BarImages.write(to: data.url, train: 12, test: 4)
    let cache = runs.url.appending(path: "cache").path
    var results: [Results] = []
    for (name, storage) in [
      ("memory", Configuration.Data.Storage.memory), ("cold", .cache), ("warm", .cache), ("lazy", .lazily),
    ] {
      let folder = runs.url.appending(path: name)
      results.append(
        try Experiment.train(
          .tiny(data.url) {
            $0.data.storage = storage
            $0.data.cacheFolder = cache
            $0.evaluation.attacks = []
          }, in: folder))
      #expect(try fingerprint(of: folder) == fingerprint(of: runs.url.appending(path: "memory")), "\(name)")
    }
    #expect(results.allSatisfy { $0.accuracy == results[0].accuracy })
  }
}

/// Streams that announce no boundaries.
@TorchActor @Suite struct OnlineRunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(train: 40, test: 8)
  }

  private func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .tiny(data.url) {
      $0.strategy.kind = .fineTuning
      $0.training.trunkEpochs = 1
      $0.training.epochs = 1
      $0.evaluation.attacks = []
      $0.data.stream.online = .init(blur: 0.3)
      change(&$0)
    }
  }

  @Test func oneHeadLearnsAllClassesInOnePass() throws {
    let folder = runs.url.appending(path: "run")
    let results = try Experiment.train(configuration(), in: folder)
    let clean = try #require(results.accuracy(of: .clean(.taskAware)))
    #expect(try #require(clean.accuracy[1, 1]) > 0.6)
    // With the task given fewer classes compete, so an image that is right without it is right with it.
    let agnostic = try #require(results.accuracy(of: .clean(.taskAgnostic)))
    for column in 0...1 {
      #expect(try #require(agnostic.accuracy[1, column]) <= #require(clean.accuracy[1, column]))
    }
    // Every image once, whatever the stretch: 160 images in batches of 8.
    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    #expect(try store.completed().map { try store.read($0).state.progress.step } == [10, 10])
    #expect(results.stream.contains { $0.contains("online") })
    // One schedule over the whole pass: half way down after the first stretch, at its end after the second.
    let rates = try String(contentsOf: folder.appending(path: "metrics.jsonl"), encoding: .utf8)
      .split(separator: "\n").compactMap { line in
        (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["learningRate"] as? Double
      }
    #expect(rates.count == 2 && rates[0] > 0.02 && rates[0] < 0.03 && rates[1] < 0.001, "\(rates)")
  }

  @Test func resumesBitForBit() throws {
    let whole = runs.url.appending(path: "whole")
    let change = { (it: inout Configuration) in it.checkpoints.everySteps = 3 }
    let results = try Experiment.train(configuration(change), in: whole)
    let parts = runs.url.appending(path: "parts")
    let interruption = Interruption()
    let observer = InterruptingObserver("evaluate", after: 1, interruption)
    #expect(throws: RunError.self) {
      _ = try Experiment.train(
        configuration(change), in: parts, options: RunOptions(observer: observer, interruption: interruption))
    }
    let resumed = try Experiment.train(configuration(change), in: parts, options: RunOptions(resume: true))
    #expect(resumed.equalsIgnoringSeconds(results))
    #expect(try fingerprint(of: parts) == fingerprint(of: whole))
  }

  @Test func whatNeedsBoundariesIsRefused() throws {
    let folder = runs.url.appending(path: "run")
    let error = try #require(throws: RunError.self) {
      _ = try Experiment.train(configuration { $0.strategy.kind = .adapters }, in: folder)
    }
    #expect("\(error)".contains("where a task ends"))
    let twice = try #require(throws: RunError.self) {
      _ = try Experiment.train(configuration { $0.training.epochs = 2 }, in: folder)
    }
    #expect("\(twice)".contains("seen once"))
    #expect(!FileManager.default.fileExists(atPath: folder.path), "nothing was written")
  }
}
