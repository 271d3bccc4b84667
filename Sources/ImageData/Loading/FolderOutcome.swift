/// What came of decoding the files of a folder: what they share, and which of them are exceptions. So its size does not
/// grow with the files that are as the others.
struct FolderOutcome: Sendable {
  /// A file that is left out.
  struct Failure: Sendable {
    /// Index into the request's files.
    let file: Int
    let reason: String
    /// Whether its header was good.
    let hasHeader: Bool
  }

  /// In the order of the files.
  private(set) var failures: [Failure] = []
  /// Whether every file with a good header stores gray.
  private(set) var isGray = true
  /// What the first file with a good header becomes, and the first one that becomes something else.
  private(set) var shapes: [(file: Int, shape: ImageShape)] = []
  /// Whether every file is decoded or left out.
  private(set) var isWhole = true
  /// How many images came from a cache.
  private(set) var reused = 0

  /// Adds what came of the next file.
  ///
  /// - Parameter file: index into the request's files.
  mutating func add(_ outcome: FileOutcome, of file: Int) {
    if let promise = outcome.promise {
      if !promise.isGray { isGray = false }
      if shapes.isEmpty || (shapes.count == 1 && shapes[0].shape != promise.shape) {
        shapes.append((file, promise.shape))
      }
    }
    if let failure = outcome.failure {
      failures.append(Failure(file: file, reason: failure.reason, hasHeader: outcome.promise != nil))
    }
    if !outcome.hasPixels, outcome.failure == nil { isWhole = false }
    if outcome.isReused { reused += 1 }
  }
}

extension FolderRequest {
  /// The files that are left out, with the reason of each.
  func skipped(_ outcome: FolderOutcome) -> [FileNote] { notes(outcome.failures) }

  /// Some of those.
  func notes(_ failures: [FolderOutcome.Failure]) -> [FileNote] {
    failures.map { FileNote(path: files[$0.file].entry.path, reason: $0.reason) }
  }

  /// The files whose pixels are kept, where every file is decoded or left out.
  func kept(_ outcome: FolderOutcome) -> [ListedFile] { files(without: Set(outcome.failures.map(\.file))) }

  /// All files but some; the very list where it is all.
  func files(without left: Set<Int>) -> [ListedFile] {
    left.isEmpty ? files : files.indices.filter { !left.contains($0) }.map { files[$0] }
  }
}
