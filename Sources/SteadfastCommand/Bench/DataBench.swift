import Foundation
import Steadfast

/// How fast images go from a folder to batches, in each way that a run may keep them.
struct DataBench {
  let folder: URL
  let stopwatch: Stopwatch

  private static let batchSize = 128

  func rows() throws -> [BenchFindings.Row] {
    [try firstBatch(), try decode()] + (try cached())
  }

  /// From a folder nobody has looked at to the first batch.
  private func firstBatch() throws -> BenchFindings.Row {
    var (seconds, count) = (0.0, 0)
    let clock = ContinuousClock()
    for _ in 0..<3 {
      let start = clock.now
      let images = try ImageFolder.load(folder, options: ImageFolderOptions(storage: .lazily)).train
      count = images.count
      _ = try loader(images, epochs: 1).next()
      let round = (clock.now - start) / .seconds(1)
      seconds = seconds == 0 ? round : min(seconds, round)
    }
    return row(1 / seconds, "batches/s", "lazily: folder of \(count) → first batch")
  }

  private func decode() throws -> BenchFindings.Row {
    var count = 0
    let seconds = try stopwatch.fastest {
      let images = try ImageFolder.load(folder, options: ImageFolderOptions(storage: .memory))
      count = images.train.count + images.test.count
    }
    return row(Double(count) / seconds, "img/s", "PNG folder → bytes in memory")
  }

  /// With a cache of its own: made, opened again, and read.
  private func cached() throws -> [BenchFindings.Row] {
    let cache = FileManager.default.temporaryDirectory.appending(path: "steadfast-bench-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: cache) }
    let options = ImageFolderOptions(storage: .cache(cache))
    let clock = ContinuousClock()
    let start = clock.now
    let first = try ImageFolder.load(folder, options: options)
    let made = (clock.now - start) / .seconds(1)
    let count = Double(first.train.count + first.test.count)
    let opened = try stopwatch.fastest { _ = try ImageFolder.load(folder, options: options) }
    let images = try ImageFolder.load(folder, options: options).train
    let epoch = try stopwatch.fastest {
      let loader = loader(images, epochs: 1)
      while try loader.next() != nil {}
    }
    return [
      row(count / made, "img/s", "PNG folder → cache file, once"),
      row(count / opened, "img/s", "the next run: every file checked, nothing decoded"),
      row(Double(images.count) / epoch, "img/s", "cached epoch in shuffled batches of \(Self.batchSize)"),
    ]
  }

  private func loader(_ images: ImageSet, epochs: Int) -> BatchLoader {
    let order = BatchOrder(
      indices: Array(0..<images.count), batchSize: Self.batchSize, shuffle: RandomStream(seed: 0).stream("order"))
    return BatchLoader(
      images: TaskImages(images), order: order, augmentation: nil, epochs: 0..<epochs, startingAt: (0, 0))
  }

  private func row(_ rate: Double, _ unit: String, _ note: String) -> BenchFindings.Row {
    BenchFindings.Row(name: BenchTask.data.rawValue, rate: rate, unit: unit, note: note)
  }
}
