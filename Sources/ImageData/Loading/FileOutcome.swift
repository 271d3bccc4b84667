/// A file of a listing, with the split it is in.
struct ListedFile: Sendable {
  /// Index into the listing's splits.
  let split: Int
  let entry: FolderListing.Entry
}

extension FolderListing {
  /// The files of all splits, one split after another.
  var files: [ListedFile] {
    var files: [ListedFile] = []
    files.reserveCapacity(splits.reduce(0) { $0 + $1.entries.count })
    for (split, content) in splits.enumerated() {
      for entry in content.entries { files.append(ListedFile(split: split, entry: entry)) }
    }
    return files
  }
}

/// What came of decoding one file.
struct FileOutcome: Sendable {
  /// What a header promises.
  struct Promise: Sendable {
    /// Whether the file stores gray.
    let isGray: Bool
    /// What it becomes once decoded.
    let shape: ImageShape
  }

  /// nil where the header is bad.
  var promise: Promise?
  /// Why the file is left out, nil where nothing is wrong.
  var failure: DataError?
  /// Whether its pixels are in the buffer.
  var hasPixels = false
  /// Whether they come from a cache.
  var isReused = false
  /// From before the file was read.
  var stamp = FileStamp.none
  /// Of the file's bytes, where that is wanted.
  var content = ContentDigest.none
  /// Of the decoded pixels.
  var pixels = ContentDigest.none
}
