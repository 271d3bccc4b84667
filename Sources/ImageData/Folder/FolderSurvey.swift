/// The headers of a folder's files: everything about them but their pixels.
struct FolderSurvey: Sendable {
  typealias Entry = FolderListing.Entry

  /// For each split of the listing the files whose header is good, with it.
  let splits: [[(entry: Entry, header: PNGHeader)]]
  /// Files whose header is not.
  let skipped: [SkippedFile]

  init(_ listing: FolderListing, workers: FileWorkers, limits: PNGLimits) {
    var splits: [[(entry: Entry, header: PNGHeader)]] = []
    var skipped: [SkippedFile] = []
    for split in listing.splits {
      let headers = workers.map(split.entries.count) { reader, index -> Result<PNGHeader, any Error> in
        let path = listing.file(split.entries[index])
        return Result {
          try reader.withContent(of: path, limit: limits.maximumFileBytes) {
            try PNG.header(of: $0, path: path, limits: limits)
          }
        }
      }
      var good: [(entry: Entry, header: PNGHeader)] = []
      for (entry, header) in zip(split.entries, headers) {
        switch header {
        case .success(let header): good.append((entry, header))
        case .failure(let error): skipped.append(SkippedFile(path: entry.path, error: error))
        }
      }
      splits.append(good)
    }
    self.splits = splits
    self.skipped = skipped
  }

  /// The form that a policy gives these files.
  func form(of policy: DecodingPolicy) -> PixelForm {
    switch policy.form {
    case .auto: splits.allSatisfy { $0.allSatisfy(\.header.isGray) } ? .gray : .rgb
    case .gray: .gray
    case .rgb: .rgb
    }
  }

  /// The first file, and the first that differs from it in size or, after decoding to `form`, in channels.
  func firstMismatch(as form: PixelForm) -> (Entry, PNGHeader, Entry, PNGHeader)? {
    let files = splits.joined()
    guard let first = files.first else { return nil }
    for file in files {
      let (a, b) = (first.header, file.header)
      if a.width != b.width || a.height != b.height || a.channels(as: form) != b.channels(as: form) {
        return (first.entry, a, file.entry, b)
      }
    }
    return nil
  }
}

extension SkippedFile {
  /// The reason of an error, without the path that stands beside it.
  init(path: String, error: any Error) {
    self.init(path: path, reason: (error as? DataError)?.reason ?? "\(error)")
  }
}
