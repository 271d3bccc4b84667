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
        return Result { try ImageDecoder.header(contentsOf: path, options.decoding, options.limits, reader) }
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

  /// The survey of a request, and the decoder that its files ask for.
  ///
  /// - Throws: `DataError` if the policy cannot be met, sizes are mixed, or, when strict, a file is left out.
  static func settled(_ request: FolderRequest) throws -> (survey: FolderSurvey, decoder: ImageDecoder) {
    let (listing, options) = (request.listing, request.options)
    let survey = FolderSurvey(listing, workers: request.workers, options: options)
    if options.strict { try FolderRules.checkNone(survey.skipped, root: listing.root) }
    let decoder = request.decoder(allGray: survey.isGray)
    try FolderRules.checkSizes(survey.shapes(decoder), listing)
    return (survey, decoder)
  }

  /// Whether every file stores gray.
  private var isGray: Bool { splits.allSatisfy { $0.allSatisfy(\.header.isGray) } }

  /// The form that a policy gives these files.
  func form(of policy: DecodingPolicy) -> PixelForm { ImageDecoder.form(policy, allGray: isGray) }

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
