import Foundation
import ImageData
import Synchronization

/// Decoded folders, kept for as long as the setting that carries them: studies that run one after another share them.
final class StudyImageStore: Sendable {
  private struct Key: Hashable {
    let path: String
    let side: Int?
  }

  private let folders = Mutex<[Key: ImageFolder]>([:])

  /// The folder with images of `side` × `side` pixels, or of their own size.
  func folder(_ url: URL, side: Int?) throws -> ImageFolder {
    let key = Key(path: url.standardizedFileURL.path, side: side)
    return try folders.withLock { folders in
      if let known = folders[key] { return known }
      var decoding = DecodingPolicy()
      decoding.sizing = side.map { Sizing(height: $0, width: $0) }
      let folder = try ImageFolder.load(url, options: ImageFolderOptions(decoding: decoding))
      folders[key] = folder
      return folder
    }
  }
}
