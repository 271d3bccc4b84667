import Foundation
import RandomStreams

@testable import ImageData

/// A folder of images and a folder of caches, both temporary.
struct CachePlace {
  let images: TemporaryFolder
  let caches: TemporaryFolder

  init() throws {
    images = try TemporaryFolder()
    caches = try TemporaryFolder()
  }

  /// The one cache file there is.
  var file: URL {
    get throws {
      let names = try FileManager.default.contentsOfDirectory(atPath: caches.url.path)
      guard names.count == 1 else { throw Unexpected(text: "cache files: \(names)") }
      return caches.url.appendingPathComponent(names[0])
    }
  }

  /// Which file that is, however named.
  var inode: UInt64 {
    get throws { FileStamp.of(try file.path)?.inode ?? 0 }
  }

  /// Loads through the cache at a time when all files have been at rest for long, unless said.
  func load(
    _ options: ImageFolderOptions = .init(), block: Int = 64, secondsLater: Int64 = 60
  ) throws -> LoadedImages {
    let request = FolderRequest(try FolderListing(images.url), options)
    let now = FileStamp.now + secondsLater * 1_000_000_000
    return try CachedFolder(request, cacheFolder: caches.url, blockByteCount: block, now: now).load()
  }

  /// What a load from memory gives.
  func loadFresh(_ options: ImageFolderOptions = .init()) throws -> LoadedImages {
    try MemoryFolder.load(FolderRequest(FolderListing(images.url), options))
  }
}

/// Names, labels and pixels of loaded images, and what was left out.
struct Contents: Equatable {
  let paths: [String]
  let labels: [Int]
  let pixels: [UInt8]
  let skipped: [FileNote]

  init(_ images: LoadedImages) throws {
    paths = images.files.map(\.entry.path)
    labels = images.files.map(\.entry.label)
    pixels = try images.set(Array(images.files.indices), classes: ["a", "b", "c", "d", "e"]).pixels
    skipped = images.skipped
  }
}

/// Writes random gray images of 3 × 2 pixels into some classes, some of them damaged.
func writeRandomFolder(_ folder: TemporaryFolder, _ stream: RandomStream, splits: Bool, damage: Bool = true) throws {
  var draw = stream.generator
  for split in splits ? ["train/", "test/"] : [""] {
    for name in ["a", "b", "c"].prefix(2 + Int.random(in: 0...1, using: &draw)) + (splits ? [] : ["d"]) {
      for number in 0..<Int.random(in: 3...9, using: &draw) {
        let image = try randomImage(
          stream.stream(split + name).stream(number), width: 3, height: 2, channels: 1)
        try folder.write(PNG.encode(image), to: "\(split)\(name)/\(number).png")
      }
      guard damage else { continue }
      var bytes = try PNG.encode(randomImage(stream, width: 3, height: 2, channels: 1))
      switch Int.random(in: 0..<4, using: &draw) {
      case 0: bytes[45] ^= 1
      case 1: bytes.removeLast(30)
      case 2: bytes = []
      default: continue
      }
      try folder.write(bytes, to: "\(split)\(name)/5x.png")
    }
  }
  if splits {
    // Train and test need the same classes.
    for split in ["train", "test"] {
      let image = try randomImage(stream.stream(split), width: 3, height: 2, channels: 1)
      try folder.write(PNG.encode(image), to: "\(split)/c/z.png")
    }
  }
}
