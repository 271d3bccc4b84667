import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct TaskStreamTests {
  let temporary: TemporaryFolder
  let folder: ImageFolder

  init() throws {
    temporary = try TemporaryFolder()
    for (split, count) in [("train", 3), ("test", 2)] {
      try temporary.writeClasses(["a", "b", "c", "d", "e", "f"], in: split, count: count)
    }
    folder = try ImageFolder.load(temporary.url)
  }

  @Test func naturalOrder() throws {
    let tasks = try TaskStream.classSplit(folder, classesPerTask: 2).tasks
    #expect(tasks.map(\.classes) == [[0, 1], [2, 3], [4, 5]])
    #expect(tasks.map(\.name) == ["a + b", "c + d", "e + f"])
    #expect(tasks[1].train.indices == Array(6..<12) && tasks[1].test.indices == Array(4..<8))
  }

  @Test func selectedImagesAreThoseOfTheirPlaces() throws {
    let tasks = try TaskStream.classSplit(folder, classesPerTask: 2).tasks
    let joined = JoinedImages(tasks.map(\.train), outputs: [[0, 1], [2, 3], [4, 5]])
    let places = [17, 3, 3, 8]
    let selected = SelectedImages(joined, places: places)
    #expect(selected.count == 4 && selected.shape == joined.shape)
    #expect((0..<4).map(selected.target) == [5, 1, 1, 2])
    #expect((0..<4).map(selected.identity) == places)
    #expect(try selected.gather([2, 0]) == joined.gather([3, 17]))
  }

  @Test func everyImageIsInExactlyOneTask() throws {
    for seed in 0..<50 {
      let order = TaskStream.ClassOrder.seeded(RandomStream(seed: UInt64(seed)))
      let stream = try TaskStream.classSplit(folder, sizes: [2, 4], order: order)
      #expect(stream.tasks.flatMap(\.classes).sorted() == Array(0..<6), "seed \(seed)")
      #expect(stream.tasks.flatMap(\.train.indices).sorted() == Array(0..<18), "seed \(seed)")
      #expect(stream.tasks.flatMap(\.test.indices).sorted() == Array(0..<12), "seed \(seed)")
      for task in stream.tasks {
        for (images, set) in [(task.train, folder.train), (task.test, folder.test)] {
          #expect(images.indices == images.indices.sorted())
          #expect(images.targets.map { task.classes[$0] } == images.indices.map { set.labels[$0] }, "seed \(seed)")
        }
      }
      let again = try TaskStream.classSplit(folder, sizes: [2, 4], order: order)
      #expect(again.tasks.map(\.classes) == stream.tasks.map(\.classes), "seed \(seed)")
    }
  }

  @Test func givenOrderAndSubset() throws {
    let stream = try TaskStream.classSplit(folder, classesPerTask: 2, order: .given(["f", "a", "c", "b"]))
    #expect(stream.tasks.map(\.classes) == [[5, 0], [2, 1]])
    #expect(stream.tasks[0].train.indices == [0, 1, 2, 15, 16, 17])
    #expect(stream.tasks[0].train.targets == [1, 1, 1, 0, 0, 0])
    #expect(stream.tasks[0].classNames == ["f", "a"])
  }

  @Test func impossibleSplitsAreRefused() throws {
    let attempts: [() throws -> TaskStream] = [
      { try TaskStream.classSplit(folder, classesPerTask: 4) },
      { try TaskStream.classSplit(folder, classesPerTask: 0) },
      { try TaskStream.classSplit(folder, classesPerTask: 1) },
      { try TaskStream.classSplit(folder, sizes: [2, 2]) },
      { try TaskStream.classSplit(folder, sizes: [.max, .max]) },
      { try TaskStream.classSplit(folder, sizes: []) },
      { try TaskStream.classSplit(folder, classesPerTask: 2, order: .given(["a", "z"])) },
      { try TaskStream.classSplit(folder, classesPerTask: 2, order: .given(["a", "a"])) },
    ]
    for attempt in attempts {
      let error = try dataError { _ = try attempt() }
      #expect(error.code == .badData && error.path == temporary.url.path, "\(error)")
    }
  }
}

@Suite struct BatchOrderTests {
  @Test func withoutShuffle() {
    let order = BatchOrder(indices: [7, 8, 9, 10, 11], batchSize: 2, shuffle: nil, dropLast: false)
    #expect(order.batches(epoch: 3) == [[7, 8], [9, 10], [11]] && order.batchCount == 3)
    let dropped = BatchOrder(indices: [7, 8, 9, 10, 11], batchSize: 2, shuffle: nil, dropLast: true)
    #expect(dropped.batches(epoch: 0) == [[7, 8], [9, 10]] && dropped.batchCount == 2)
    #expect(BatchOrder(indices: [], batchSize: 4, shuffle: nil).batches(epoch: 0).isEmpty)
  }

  @Test func eachEpochIsAPermutationOfItsOwn() {
    for seed in 0..<100 {
      let stream = RandomStream(seed: UInt64(seed))
      let indices = (0..<stream.integer(below: 200, at: 0)).map { 3 * $0 }
      let size = 1 + stream.integer(below: 17, at: 1)
      let order = BatchOrder(indices: indices, batchSize: size, shuffle: stream.stream("order"), dropLast: false)
      let epoch = order.batches(epoch: 5)
      #expect(epoch.flatMap { $0 }.sorted() == indices, "seed \(seed)")
      #expect(epoch.dropLast().allSatisfy { $0.count == size } && epoch.count == order.batchCount, "seed \(seed)")
      #expect(order.batches(epoch: 5) == epoch, "seed \(seed)")
      if indices.count > 20 { #expect(order.batches(epoch: 6) != epoch, "seed \(seed)") }
    }
  }
}
