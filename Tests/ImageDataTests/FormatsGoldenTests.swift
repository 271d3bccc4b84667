import Crypto
import Foundation
import ImageData
import Testing

/// Files written by NumPy and Python's gzip; see Tools/oracles/formats.py.
@Suite struct FormatsGoldenTests {
  struct Golden: Decodable {
    struct Set: Decodable {
      let shape: [Int]
      let bits: Int
      let labels: [Int]
      let sha256: String
    }

    let sets: [String: Set]
    let classes: [String]
  }

  static let folder = fixture("formats")

  static func read<Value: Decodable>(_ name: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: folder.appendingPathComponent(name)))
  }

  @Test func pixelsAndLabelsAreThoseOfNumPy() throws {
    let golden: [String: Golden] = try Self.read("golden.json")
    #expect(golden.count >= 13)
    for (source, expected) in golden {
      let plan = try DatasetImport.detect(Self.folder.appendingPathComponent(source))
      #expect(Set(plan.sets.map(\.name)) == Set(expected.sets.keys), "\(source)")
      #expect(plan.classFolders == expected.classes, "\(source): \(plan.classFolders)")
      for set in plan.sets {
        let wanted = try #require(expected.sets[set.name])
        let shape = set.shape
        #expect([set.count, shape.height, shape.width, shape.channels] == wanted.shape, "\(source) \(set.name)")
        #expect(shape.depth.rawValue == wanted.bits && set.labels == wanted.labels, "\(source) \(set.name)")
        // Blocks of a single image and of all, so that the place in the file is kept in between.
        for size in [1, 1 << 20] {
          var hash = SHA256()
          var next = 0
          try set.forEachBlock(ofBytes: size) { first, samples in
            #expect(first == next)
            next += samples.count / shape.byteCount
            hash.update(bufferPointer: samples)
          }
          let digest = hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
          #expect(next == set.count && digest == wanted.sha256, "\(source) \(set.name), blocks of \(size)")
        }
      }
    }
  }

  @Test func writtenFilesHoldTheSamplesInTheirOrder() throws {
    let golden: [String: Golden] = try Self.read("golden.json")
    for (source, expected) in golden where expected.sets.values.allSatisfy({ $0.bits == 8 }) {
      let target = try TemporaryFolder()
      let place = target.url.appendingPathComponent("written")
      let plan = try DatasetImport.detect(Self.folder.appendingPathComponent(source))
      let summary = try plan.write(to: place)
      #expect(summary.sets.map(\.images) == plan.sets.map(\.count) && summary.classes == expected.classes, "\(source)")
      for set in plan.sets {
        let folder = plan.sets.count == 1 ? place : place.appendingPathComponent(set.name)
        try set.forEachBlock { first, samples in
          for (slot, start) in stride(from: 0, to: samples.count, by: set.shape.byteCount).enumerated() {
            let number = String(100_000 + first + slot).dropFirst()
            let file = folder.appendingPathComponent("\(plan.classFolders[set.labels[first + slot]])/\(number).png")
            let image = try PNG.decode(contentsOf: file)
            #expect(image.shape == set.shape)
            #expect(image.pixels.elementsEqual(samples[start..<start + set.shape.byteCount]))
          }
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: target.url.path) == ["written"], "\(source)")
    }
  }

  @Test func sixteenBitsStaySixteen() throws {
    let target = try TemporaryFolder()
    let place = target.url.appendingPathComponent("written")
    let plan = try DatasetImport.detect(Self.folder.appendingPathComponent("npy-16"))
    _ = try plan.write(to: place)
    let bytes = try [UInt8](Data(contentsOf: place.appendingPathComponent("train/0/00000.png")))
    #expect(try PNG.header(of: bytes, path: "written").bitDepth == 16)
  }

  @Test func damageIsNamedAndNothingIsLeftBehind() throws {
    let refused: [String: String] = try Self.read("refused.json")
    #expect(refused.count >= 34)
    for (source, word) in refused {
      let target = try TemporaryFolder()
      let error = try dataError {
        let plan = try DatasetImport.detect(Self.folder.appendingPathComponent(source))
        _ = try plan.write(to: target.url.appendingPathComponent("written"))
      }
      #expect("\(error)".contains(word), "\(source): \(error)")
      #expect(error.path.contains("formats/bad"), "\(source): \(error)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: target.url.path).isEmpty, "\(source)")
    }
  }
}
