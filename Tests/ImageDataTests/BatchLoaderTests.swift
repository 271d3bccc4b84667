import Foundation
import RandomStreams
import Synchronization
import Testing

@testable import ImageData

@Suite struct BatchLoaderTests {
  private func images(_ count: Int) throws -> TaskImages {
    let set = try ImageSet(
      shape: ImageShape(height: 1, width: 3, channels: 1),
      pixels: (0..<3 * count).map { UInt8(truncatingIfNeeded: $0) },
      labels: Array(repeating: 0, count: count), classes: ["a"], paths: (0..<count).map(String.init))
    return TaskImages(set, indices: Array((0..<count).reversed()), targets: (0..<count).map { $0 % 7 })
  }

  private func all(_ loader: BatchLoader) throws -> [Batch] {
    var batches: [Batch] = []
    while let batch = try loader.next() { batches.append(batch) }
    return batches
  }

  private let noise: BatchLoader.Augmentation = { pixels, places, epoch in
    for (slot, place) in places.enumerated() { pixels[3 * slot] = UInt8(truncatingIfNeeded: place * 31 + epoch) }
  }

  @Test func orderDependsOnNothingElse() throws {
    for seed in 0..<40 {
      let stream = RandomStream(seed: UInt64(seed))
      let images = try images(stream.integer(below: 60, at: 0))
      let order = BatchOrder(
        indices: Array(0..<images.count), batchSize: 1 + stream.integer(below: 9, at: 1),
        shuffle: seed.isMultiple(of: 3) ? nil : stream, dropLast: seed.isMultiple(of: 2))
      let first = stream.integer(below: 5, at: 2)
      let epochs = first..<first + stream.integer(below: 4, at: 3)
      var wanted: [Batch] = []
      for epoch in epochs {
        for (number, places) in order.batches(epoch: epoch).enumerated() {
          var pixels = try images.gather(places)
          try noise(&pixels, places, epoch)
          wanted.append(
            Batch(
              epoch: epoch, number: number, places: places, pixels: pixels,
              targets: places.map { images.targets[$0] }))
        }
      }
      for (ahead, threads) in [(1, 1), (3, 1), (2, 5), (8, 4)] {
        let loader = BatchLoader(
          images: images, order: order, augmentation: noise, epochs: epochs, ahead: ahead, threads: threads)
        #expect(try all(loader) == wanted, "seed \(seed), \(ahead) ahead, \(threads) threads")
        #expect(try loader.next() == nil)
      }
      for skipped in Set([0, 1, wanted.count / 2, wanted.count]) where skipped <= wanted.count && order.batchCount > 0 {
        let start = (epoch: epochs.lowerBound + skipped / order.batchCount, batch: skipped % order.batchCount)
        let loader = BatchLoader(images: images, order: order, augmentation: noise, epochs: epochs, startingAt: start)
        #expect(try all(loader) == Array(wanted.dropFirst(skipped)), "seed \(seed), from \(start)")
        // The end of an epoch is the beginning of the next.
        let same = BatchLoader(
          images: images, order: order, augmentation: noise, epochs: epochs, startingAt: (epochs.lowerBound, skipped))
        #expect(try all(same) == Array(wanted.dropFirst(skipped)), "seed \(seed), from \(skipped)")
      }
    }
  }

  @Test func onlySoManyAreMadeAhead() throws {
    let images = try images(100)
    let order = BatchOrder(indices: Array(0..<100), batchSize: 1, shuffle: nil)
    let made = Mutex(0)
    let loader = BatchLoader(
      images: images, order: order, augmentation: { _, _, _ in made.withLock { $0 += 1 } }, epochs: 0..<1, ahead: 4,
      threads: 3)
    for number in 1...20 {
      _ = try loader.next()
      usleep(2000)
      #expect(made.withLock { $0 } <= number + 4)
    }
    loader.cancel()
    let count = made.withLock { $0 }
    #expect(count <= 24)
    #expect(try loader.next() == nil)
    usleep(2000)
    #expect(made.withLock { $0 } == count)
    loader.cancel()
  }

  /// A source that has lost one image.
  private struct Holed: PixelSource {
    let isInMemory = true

    func read(_ indices: [Int], into pixels: UnsafeMutableRawBufferPointer) throws {
      if indices.contains(5) { throw DataError(code: .io, path: "5", reason: "lost") }
      pixels.initializeMemory(as: UInt8.self, repeating: UInt8(indices[0]))
    }
  }

  @Test func errorsComeAtTheirTurn() throws {
    let set = try ImageSet(
      shape: ImageShape(height: 1, width: 1, channels: 1), source: Holed(), labels: Array(repeating: 0, count: 10),
      classes: ["a"], paths: (0..<10).map(String.init))
    let images = TaskImages(set, indices: Array(0..<10), targets: Array(repeating: 0, count: 10))
    for threads in [1, 4] {
      let loader = BatchLoader(
        images: images, order: BatchOrder(indices: Array(0..<10), batchSize: 2, shuffle: nil), epochs: 0..<1, ahead: 5,
        threads: threads)
      #expect(try loader.next()?.pixels == [0, 0] && loader.next()?.pixels == [2, 2])
      #expect(try dataError { _ = try loader.next() }.path == "5")
      #expect(try loader.next()?.number == 3 && loader.next()?.number == 4 && loader.next() == nil)
    }
  }

  @Test func loadersThatAreDroppedEndTheirThreads() throws {
    let images = try images(50)
    let order = BatchOrder(indices: Array(0..<50), batchSize: 3, shuffle: RandomStream(seed: 1))
    let running = Mutex(0)
    for round in 0..<50 {
      do {
        let loader = BatchLoader(
          images: images, order: order,
          augmentation: { _, _, _ in
            running.withLock { $0 += 1 }
            usleep(100)
            running.withLock { $0 -= 1 }
          }, epochs: 0..<Int.max, ahead: 4, threads: 4)
        for _ in 0..<round % 4 { _ = try loader.next() }
      }
      #expect(running.withLock { $0 } == 0, "round \(round)")
    }
  }

  @Test func placesWithoutBatches() throws {
    let empty = BatchOrder(indices: [], batchSize: 3, shuffle: nil)
    #expect(try BatchLoader(images: images(0), order: empty, epochs: 0..<Int.max).next() == nil)
    let order = BatchOrder(indices: Array(0..<4), batchSize: 3, shuffle: nil)
    let late = try BatchLoader(images: images(4), order: order, epochs: 0..<3, startingAt: (Int.max, Int.max))
    #expect(try late.next() == nil)
    #expect(try BatchLoader(images: images(4), order: order, epochs: 2..<2).next() == nil)
  }
}
