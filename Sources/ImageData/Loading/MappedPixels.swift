import Foundation
import Synchronization

/// Pixels in a mapped cache file. Each image is checked when this process first reads it.
final class MappedPixels: DigestedPixels {
  let isInMemory = false
  private let cache: CacheFile
  private let decoder: ImageDecoder
  /// Where the files are.
  private let root: String
  /// For each slot the first file whose pixels are there, relative to that; nil where the folder has none now.
  private let paths: [String?]
  /// For each slot.
  private let digests: [ContentDigest]
  /// For each slot whether its pixels were found whole.
  private let isChecked: Mutex<[Bool]>

  /// - Parameters:
  ///   - digests: of the pixels in each slot.
  ///   - files: those whose pixels are here, and `slots` the slot of each.
  init(
    _ cache: CacheFile, _ digests: [ContentDigest], decoder: ImageDecoder, root: String, files: [ListedFile],
    slots: [Int]
  ) {
    self.cache = cache
    self.decoder = decoder
    self.root = root
    self.digests = digests
    var paths: [String?] = Array(repeating: nil, count: digests.count)
    for (file, slot) in zip(files, slots) where paths[slot] == nil { paths[slot] = file.entry.path }
    self.paths = paths
    isChecked = Mutex(Array(repeating: false, count: digests.count))
  }

  func pixelDigests(_ indices: [Int]) -> [ContentDigest]? { indices.map { digests[$0] } }

  func read(_ indices: [Int], into pixels: UnsafeMutableRawBufferPointer) throws {
    guard cache.file.isWhole else {
      throw DataError(
        code: .io, path: cache.path, reason: "the cache file became shorter while it was in use",
        advice: "Delete it and run again.")
    }
    let size = cache.header.shape.byteCount
    func place(_ position: Int) -> UnsafeMutableRawBufferPointer {
      UnsafeMutableRawBufferPointer(rebasing: pixels[position * size..<(position + 1) * size])
    }
    for (position, slot) in indices.enumerated() { place(position).copyMemory(from: cache.pixels(slot)) }
    // What is handed out is what is checked: the copy.
    let unchecked = isChecked.withLock { isChecked in indices.indices.filter { !isChecked[indices[$0]] } }
    var whole: [Int] = []
    for position in unchecked {
      let (slot, place) = (indices[position], place(position))
      if ContentDigest(of: UnsafeRawBufferPointer(place)) == digests[slot] {
        whole.append(slot)
      } else {
        try decodeAgain(slot, into: place)
      }
    }
    if !whole.isEmpty { isChecked.withLock { isChecked in for slot in whole { isChecked[slot] = true } } }
  }

  /// Decodes an image from its own file because the cache's pixels are damaged, and drops the cache for later runs.
  private func decodeAgain(_ slot: Int, into pixels: UnsafeMutableRawBufferPointer) throws {
    cache.discard()
    guard let name = paths[slot] else {
      throw DataError(
        code: .badData, path: cache.path, reason: "the pixels of image \(slot) in the cache are damaged",
        advice: "Delete the cache file and run again.")
    }
    let path = root + "/" + name
    let isDecoded = try? decoder.decode(contentsOf: path, into: pixels, FileReader()) {
      $0.shape == cache.header.shape
    }
    if isDecoded == true, ContentDigest(of: UnsafeRawBufferPointer(pixels)) == digests[slot] { return }
    throw DataError(
      code: .badData, path: cache.path,
      reason: "the pixels of \(name) in the cache are damaged, and its file changed since",
      advice: "Delete the cache file and run again.")
  }
}
