import Foundation

/// Images that a tiny network tells apart: bright bars of 8×8 pixels, whose row is twice the class.
enum BarImages {
  /// Writes `FOLDER/{train,test}/class-N/*.png`, eight and four of each class.
  static func write(to folder: URL, classes: Int) throws {
    for (split, count) in [("train", 8), ("test", 4)] {
      for label in 0..<classes { try write(to: folder.appendingPathComponent("\(split)/class-\(label)"), label, count) }
    }
  }

  /// Writes the images of one class.
  static func write(to folder: URL, _ label: Int, _ count: Int) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for index in 0..<count {
      let pixels = (0..<64).map { UInt8(($0 / 8 == 2 * label ? 180 : 10) + ($0 * 7 + index * 13) % 40) }
      try Data(GrayPNG.bytes(side: 8, pixels: pixels)).write(to: folder.appendingPathComponent("\(index).png"))
    }
  }
}
