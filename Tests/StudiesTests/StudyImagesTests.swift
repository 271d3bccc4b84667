import Foundation
import ImageData
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct StudyImagesTests {
  private static let classes = ["ant", "bee", "cat"]

  /// 6×6 gray images whose every pixel is 40·class + number, so that each can be recognised.
  private func withImages(_ body: (StudySetting) throws -> Void) throws {
    try withTemporaryFolder { root in
      for (split, count) in [("train", 5), ("test", 2)] {
        for (label, name) in Self.classes.enumerated() {
          let folder = root.appendingPathComponent("\(split)/\(name)")
          try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
          for number in 0..<count {
            let level = UInt8(40 * label + number + (split == "test" ? 20 : 0))
            let image = try Image(width: 6, height: 6, channels: 1, pixels: Array(repeating: level, count: 36))
            try PNG.write(image, to: folder.appendingPathComponent("\(number).png"))
          }
        }
      }
      try body(StudySetting(scale: .tiny, folder: root))
    }
  }

  private func levels(_ data: LabelledTensors) throws -> [Int] {
    try (data.pixels.narrowed(2, from: 0, count: 1).narrowed(3, from: 0, count: 1) * 255).rounded().integers()
  }

  @Test func imagesHaveTheirPixelsAndLabels() throws {
    try withImages { setting in
      let images = try setting.images()
      #expect(images.train.pixels.shape == [15, 1, 6, 6] && images.test.pixels.shape == [6, 1, 6, 6])
      #expect(images.inputShape == [1, 6, 6] && images.classCount == 3)
      #expect(try levels(images.train).sorted() == [0, 1, 2, 3, 4, 40, 41, 42, 43, 44, 80, 81, 82, 83, 84])
      #expect(try zip(levels(images.train), images.train.labels).allSatisfy { $0 / 40 == $1 })
      #expect(try zip(levels(images.test), images.test.labels).allSatisfy { ($0 - 20) / 40 == $1 })
      #expect(try images.train.targets.integers() == images.train.labels)
      let mean = 42.0 / 255
      #expect(abs(images.statistics.mean[0] - mean) < 1e-6)
      // Of 40·c + k over three classes and five numbers: 1600·⅔ + 2.
      #expect(abs(images.statistics.std[0] - (1600 * 2.0 / 3 + 2).squareRoot() / 255) < 1e-6)
    }
  }

  @Test func partsAreEvenAndNested() throws {
    try withImages { setting in
      let six = try setting.images(train: 6, test: 3)
      #expect(six.train.labels == [0, 1, 2, 0, 1, 2] && six.test.labels == [0, 1, 2])
      let nine = try setting.images(train: 9)
      #expect(try Array(levels(nine.train).prefix(6)) == levels(six.train))
      #expect(try levels(nine.train.prefix(6)) == levels(six.train))
      #expect(try Set(levels(nine.train)).count == 9, "no image twice")
      let fresh = StudySetting(scale: .tiny, folder: setting.folder)
      #expect(try levels(fresh.images(train: 6).train) == levels(six.train), "the same in another run")
      #expect(try setting.images(train: 1_000).train.count == 15)
      #expect(throws: StudyError.self) { try setting.images(train: 0) }
    }
  }

  @Test func imagesAreDecodedOncePerSide() throws {
    try withImages { setting in
      let small = try setting.images(side: 3)
      #expect(small.train.pixels.shape == [15, 1, 3, 3] && small.inputShape == [1, 3, 3])
      let before = try levels(small.train)
      try FileManager.default.removeItem(at: setting.folder)
      #expect(try levels(setting.reporting { _, _ in }.images(side: 3).train) == before)
      #expect(throws: DataError.self) { try setting.images(side: 4) }
      #expect(throws: DataError.self) { try StudySetting(folder: setting.folder).images(side: 3) }
    }
  }
}
