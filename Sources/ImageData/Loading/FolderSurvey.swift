/// The headers of a folder's files: everything about them but their pixels.
struct FolderSurvey: Sendable {
  typealias Entry = FolderListing.Entry

  /// For each split of the listing the files whose header is good, with it.
  let splits: [[(entry: Entry, header: PNGHeader)]]
  /// Files whose header is not.
  let skipped: [FileNote]

  /// Reads the beginning of every file.
  init(_ listing: FolderListing, workers: FileWorkers, options: ImageFolderOptions) {
    var splits: [[(entry: Entry, header: PNGHeader)]] = []
    var skipped: [FileNote] = []
    for split in listing.splits {
      let headers = workers.map(split.entries.count) { reader, index -> Result<PNGHeader, any Error> in
        let path = listing.file(split.entries[index])
        return Result {
          try reader.withBeginning(of: path, limit: options.limits.maximumFileBytes) {
            try PNG.header(of: $0, path: path, limits: options.limits, orientation: options.decoding.orientation)
          }
        }
      }
      var good: [(entry: Entry, header: PNGHeader)] = []
      for (entry, header) in zip(split.entries, headers) {
        switch header {
        case .success(let header): good.append((entry, header))
        case .failure(let error): skipped.append(FileNote(path: entry.path, error: error))
        }
      }
      splits.append(good)
    }
    self.splits = splits
    self.skipped = skipped
  }

  /// The form that a policy gives these files.
  func form(of policy: DecodingPolicy) -> PixelForm {
    ImageDecoder.form(policy, allGray: splits.allSatisfy { $0.allSatisfy(\.header.isGray) })
  }

  /// The files whose header is good.
  var files: [ListedFile] {
    splits.enumerated().flatMap { split, files in files.map { ListedFile(split: split, entry: $0.entry) } }
  }

  /// What each file becomes.
  ///
  /// - Throws: `DataError` if the policy cannot be met.
  func shapes(_ decoder: ImageDecoder) throws -> [(path: String, shape: ImageShape)] {
    try splits.joined().map { ($0.entry.path, try decoder.shape(of: $0.header, path: $0.entry.path)) }
  }
}
