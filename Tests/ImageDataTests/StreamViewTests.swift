import Foundation
import ImageData
import RandomStreams
import Testing

/// Streams that show one folder in several ways.
@Suite struct StreamViewTests {
  let folder: TemporaryFolder
  let images: ImageFolder
  let golden: StreamGolden

  init() throws {
    golden = try StreamGolden.read()
    folder = try TemporaryFolder()
    for (split, count) in [("train", 3), ("test", 2)] {
      try folder.writeClasses(
        ["a", "b", "c"], in: split, count: count, width: golden.width, height: golden.height)
    }
    images = try ImageFolder.load(folder.url)
  }

  private func open(
    _ kind: StreamDescription.Kind, seed: UInt64? = nil, _ change: (inout StreamDescription) -> Void = { _ in }
  ) throws -> TaskStream {
    var description = StreamDescription(kind: kind)
    change(&description)
    return try description.open(folder: folder.url, options: ImageFolderOptions(), seed: seed ?? golden.seed)
  }

  private func pixels(_ images: TaskImages) throws -> [UInt8] { try images.gather(0..<images.count) }

  @Test func permutationsAreThoseOfTheOracle() throws {
    for firstIsStored in [true, false] {
      let stream = try open(.permuted) { ($0.tasks, $0.firstIsStored) = (golden.orders.count, firstIsStored) }
      #expect(stream.tasks.count == golden.orders.count && stream.scenario == .domainIncremental)
      for (number, task) in stream.tasks.enumerated() {
        let stored = firstIsStored && number == 0
        let order = stored ? Array(0..<golden.orders[number].count) : golden.orders[number]
        for (seen, set) in [(task.train, images.train), (task.test, images.test)] {
          let plain = try set.pixels
          let wanted = (0..<set.count).flatMap { image in order.map { plain[image * order.count + $0] } }
          #expect(try pixels(seen) == wanted && seen.targets == set.labels, "task \(number)")
        }
        let record = stream.record.tasks[number]
        #expect(record.trainView.permutation == (stored ? nil : golden.fingerprints[number]))
        #expect(record.trainView == record.testView && task.classes == [0, 1, 2])
      }
    }
  }

  @Test func someImagesAreSeenAsAll() throws {
    for kind in [StreamDescription.Kind.permuted, .rotated] {
      for task in try open(kind, { $0.tasks = 3 }).tasks {
        let all = try pixels(task.train)
        let size = task.train.shape.byteCount
        let wanted = Array(all[(5 * size)..<(6 * size)]) + Array(all[size..<(2 * size)])
        #expect(try task.train.gather([5, 1]) == wanted)
      }
    }
  }

  @Test func anglesAreThoseOfTheOracle() throws {
    func degrees(_ stream: TaskStream) -> [Double] {
      stream.tasks.map { if case .rotated(let rotation) = $0.test.view { rotation.degrees } else { 0 } }
    }
    #expect(try degrees(open(.rotated) { $0.tasks = 6 }) == golden.angles)
    #expect(try degrees(open(.rotated) { ($0.tasks, $0.firstIsStored) = (6, false) }) == golden.turnedAngles)
    let given = try open(.rotated) { $0.degrees = [0, 180, -90] }
    #expect(degrees(given) == [0, 180, -90])
    #expect(given.tasks.map(\.name) == ["rotated by 0°", "rotated by 180°", "rotated by -90°"])
    // Half a turn reads the samples backwards.
    for (number, image) in try given.tasks[1].train.indices.map({ try images.train.image(at: $0) }).enumerated() {
      #expect(try given.tasks[1].train.gather([number]) == Array(image.pixels.reversed()))
    }
    #expect(try pixels(given.tasks[0].test) == images.test.pixels)
  }

  @Test func noiseIsOfTheImageAndNeverChanges() throws {
    let stream = try open(.degraded) { $0.degradations = ["none", "gaussian-noise/3", "gaussian-noise/5"] }
    #expect(stream.tasks.map(\.name) == ["not degraded", "gaussian-noise/3", "gaussian-noise/5"])
    #expect(try pixels(stream.tasks[0].train) == images.train.pixels)
    for number in 1..<3 {
      let (task, record) = (stream.tasks[number], stream.record.tasks[number])
      #expect(record.trainView.noise == golden.noise["train"]?[number])
      #expect(record.testView.noise == golden.noise["test"]?[number])
      let all = try pixels(task.train)
      #expect(try all != images.train.pixels && pixels(task.train) == all)
      let size = task.train.shape.byteCount
      #expect(try task.train.gather([4]) == Array(all[4 * size..<5 * size]), "noise does not depend on the batch")
    }
    let again = try open(.degraded) { $0.degradations = ["none", "gaussian-noise/3", "gaussian-noise/5"] }
    #expect(again.record == stream.record)
    #expect(try pixels(again.tasks[1].test) == pixels(stream.tasks[1].test))
    let other = try open(.degraded, seed: 1) { $0.degradations = ["none", "gaussian-noise/3"] }
    #expect(try pixels(other.tasks[1].test) != pixels(stream.tasks[1].test))
  }

  @Test func imagesAlikeHaveNoiseOfTheirOwn() throws {
    let gray = try PNG.encode(Image(width: 8, height: 8, channels: 1, pixels: Array(repeating: 128, count: 64)))
    let flat = try TemporaryFolder()
    for split in ["train", "test"] {
      for label in ["a", "b"] {
        for number in 0..<2 { try flat.write(gray, to: "\(split)/\(label)/\(number).png") }
      }
    }
    var description = StreamDescription(kind: .degraded)
    description.degradations = ["gaussian-noise/3", "none", "gaussian-noise/2"]
    let stream = try description.open(folder: flat.url, options: ImageFolderOptions(), seed: 0)
    var seen: Set<[UInt8]> = []
    for task in [stream.tasks[0], stream.tasks[2]] {
      for images in [task.train, task.test] {
        for place in 0..<images.count { seen.insert(try images.gather([place])) }
      }
    }
    #expect(seen.count == 16, "each split, task and image")
  }

  @Test func someClassesInAnOrderOfTheirOwn() throws {
    for kind in [StreamDescription.Kind.permuted, .rotated] {
      let stream = try open(kind) { ($0.classes, $0.tasks) = (["c", "a"], 2) }
      for task in stream.tasks {
        #expect(task.classes == [2, 0] && task.classNames == ["c", "a"])
        #expect(task.train.targets == [1, 1, 1, 0, 0, 0] && task.train.indices == [0, 1, 2, 6, 7, 8])
      }
    }
  }

  @Test func seededClassesAreDealtAsTheOracleDoes() throws {
    let six = try TemporaryFolder()
    try six.writeClasses(["a", "b", "c", "d", "e", "f"], count: 2)
    var description = StreamDescription()
    (description.order, description.sizes) = (.seeded, [2, 4])
    let stream = try description.open(folder: six.url, options: ImageFolderOptions(), seed: golden.seed)
    #expect(stream.tasks.map(\.classes) == [Array(golden.classOrder.prefix(2)), Array(golden.classOrder.dropFirst(2))])
    #expect(stream.seed == golden.seed && stream.scenario == .classIncremental && !stream.sharesClasses)
  }

  @Test func tinyImagesCannotBePermuted() throws {
    for (width, reason) in [(1, "images of one pixel cannot be permuted"), (2, "two are the same")] {
      let tiny = try TemporaryFolder()
      try tiny.writeClasses(["a", "b"], count: 2, width: width, height: 1)
      let error = try dataError {
        _ = try StreamDescription(kind: .permuted).open(folder: tiny.url, options: ImageFolderOptions(), seed: 0)
      }
      #expect(error.reason.contains(reason) && !error.advice.isEmpty && error.path == tiny.url.path)
    }
  }
}
