import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct StreamOnlineTests {
  @Test func ordersAreThoseOfTheOracle() throws {
    let golden = try StreamGolden.read()
    for item in golden.online {
      let order = try OnlineOrder(
        taskSizes: item.sizes, batchSize: item.batch, blur: item.blur,
        stream: RandomStream(seed: golden.seed).stream("online"))
      #expect(order.batches.map { $0.map { [$0.task, $0.place] } } == item.batches, "blur \(item.blur)")
    }
  }

  @Test func everyImageComesOnce() throws {
    for seed in 0..<60 {
      let draws = RandomStream(seed: UInt64(seed))
      let sizes = (0..<draws.integer(below: 6, at: 0)).map { draws.integer(below: 40, at: UInt64($0 + 3)) }
      let batch = 1 + draws.integer(below: 9, at: 1)
      let blur = draws.uniform(at: 2)
      let order = try OnlineOrder(taskSizes: sizes, batchSize: batch, blur: blur, stream: draws.stream("order"))
      let all = order.batches.joined()
      #expect(all.count == sizes.reduce(0, +) && Set(all).count == all.count, "seed \(seed)")
      #expect(all.allSatisfy { (0..<sizes[$0.task]).contains($0.place) }, "seed \(seed)")
      #expect(order.batches.dropLast().allSatisfy { $0.count == batch }, "seed \(seed)")
      #expect(order.batches.last.map { (1...batch).contains($0.count) } ?? true, "seed \(seed)")
      let again = try OnlineOrder(taskSizes: sizes, batchSize: batch, blur: blur, stream: draws.stream("order"))
      #expect(again == order, "seed \(seed)")
      // Nothing strays beyond a neighbour's time, so tasks three apart never change places.
      var furthest = -1
      for element in all {
        #expect(element.task >= furthest - 2, "seed \(seed)")
        furthest = max(furthest, element.task)
      }
      let hard = try OnlineOrder(taskSizes: sizes, batchSize: batch, blur: 0, stream: draws.stream("order"))
      let tasks = hard.batches.joined().map(\.task)
      #expect(tasks == tasks.sorted(), "seed \(seed)")
    }
  }

  /// Of tasks of one size, the share of images that come in the stretch of another.
  private func strayed(_ blur: Double, seed: UInt64, size: Int = 2000, tasks: Int = 12) throws -> Double {
    let order = try OnlineOrder(
      taskSizes: Array(repeating: size, count: tasks), batchSize: 64, blur: blur, stream: RandomStream(seed: seed))
    let inner = order.batches.joined().enumerated().filter { (1..<tasks - 1).contains($0.element.task) }
    return Double(inner.count { $0.offset / size != $0.element.task }) / Double(inner.count)
  }

  @Test func moreBlurMixesMoreAndByTheShareStated() throws {
    for seed in 0..<3 as Range<UInt64> {
      let blurs = [0, 0.25, 0.5, 0.75, 1]
      let shares = try blurs.map { try strayed($0, seed: seed) }
      #expect(shares == shares.sorted() && shares[0] == 0, "seed \(seed): \(shares)")
      for (blur, share) in zip(blurs, shares) {
        // Of 20,000 images: four standard errors of a share of 1/3 are 0.013.
        #expect(abs(share - blur / 3) < 0.015, "seed \(seed): blur \(blur) gave \(share)")
      }
    }
  }

  @Test func wrongOnesAreRefused() throws {
    let stream = RandomStream(seed: 0)
    for (batch, blur, size) in [(0, 0.5, 3), (2, 1.5, 3), (2, .nan, 3), (2, -1, 3), (2, 0.5, -3)] {
      let error = try dataError {
        _ = try OnlineOrder(taskSizes: [4, size], batchSize: batch, blur: blur, stream: stream)
      }
      #expect(error.path == "stream")
    }
  }

  @Test func aStreamKnowsItsOwn() throws {
    let folder = try TemporaryFolder()
    try folder.writeClasses(["a", "b", "c", "d"], count: 5)
    var description = StreamDescription()
    let plain = try description.open(folder: folder.url, options: ImageFolderOptions(), seed: 0)
    #expect(try plain.onlineOrder(batchSize: 3, stream: RandomStream(seed: 0)) == nil)
    description.online = .init(blur: 0.5)
    let stream = try description.open(folder: folder.url, options: ImageFolderOptions(), seed: 0)
    let order = try #require(try stream.onlineOrder(batchSize: 3, stream: RandomStream(seed: 0)))
    #expect(order.batches.count == 6 && "\(order)".contains("stray by up to 0.5 task lengths"))
  }
}
