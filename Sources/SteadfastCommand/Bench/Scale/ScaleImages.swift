import Foundation
import Steadfast

/// Generated images of two classes a task: a class is a pattern of its own, an image the pattern with noise.
struct ScaleImages {
  private static let side = 8
  /// One of so many images is for testing.
  private static let testEvery = 10

  let tasks: Int
  let imagesPerTask: Int

  /// Writes a folder of PNG files, `{train,test}/CLASS/NUMBER.png`.
  func write(to root: URL) throws {
    let perClass = imagesPerTask / 2
    let random = RandomStream(seed: 0)
    for label in 0..<2 * tasks {
      let name = "class-\(Numbers.padded(label))"
      let pattern = random.stream("pattern").stream(label)
      let folders = try ["train", "test"].map { split in
        let folder = root.appending(path: "\(split)/\(name)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
      }
      for index in 0..<perClass {
        let noise = random.stream("noise").stream(label).stream(index)
        let pixels = (0..<UInt64(Self.side * Self.side)).map {
          UInt8(pattern.integer(below: 192, at: $0) + noise.integer(below: 64, at: $0))
        }
        let image = try Image(width: Self.side, height: Self.side, channels: 1, pixels: pixels)
        let folder = folders[index.isMultiple(of: Self.testEvery) ? 1 : 0]
        // Not file by file to the disk: nothing is lost if these are.
        try Data(PNG.encode(image)).write(to: folder.appending(path: "\(Numbers.padded(index)).png"))
      }
    }
  }
}
