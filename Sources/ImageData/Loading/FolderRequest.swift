/// A listing, what is wanted of it, and how far that is.
struct FolderRequest: Sendable {
  let listing: FolderListing
  let options: ImageFolderOptions
  /// To decode, in the listing's order.
  let files: [ListedFile]
  let progress: LoadProgress

  init(_ listing: FolderListing, _ options: ImageFolderOptions) {
    let files = listing.files
    self.init(listing, options, files, LoadProgress(total: files.count, report: options.progress))
  }

  private init(
    _ listing: FolderListing, _ options: ImageFolderOptions, _ files: [ListedFile], _ progress: LoadProgress
  ) {
    self.listing = listing
    self.options = options
    self.files = files
    self.progress = progress
  }

  /// The same for some of its files.
  func keeping(_ files: [ListedFile]) -> FolderRequest { FolderRequest(listing, options, files, progress) }

  var workers: FileWorkers { FileWorkers(threads: options.threads) }

  func path(_ index: Int) -> String { listing.file(files[index].entry) }

  /// A decoder for files that are all gray, or not.
  func decoder(allGray: Bool) -> ImageDecoder {
    ImageDecoder(
      form: ImageDecoder.form(options.decoding, allGray: allGray), policy: options.decoding, limits: options.limits)
  }

  /// The header of the first file that has a good one.
  ///
  /// - Throws: `DataError` if none has.
  func firstHeader() throws -> PNGHeader {
    var failed: [FileNote] = []
    let reader = FileReader()
    for index in files.indices {
      let path = path(index)
      do {
        return try ImageDecoder.header(contentsOf: path, options.decoding, options.limits, reader)
      } catch {
        failed.append(FileNote(path: files[index].entry.path, error: error))
      }
    }
    if options.strict { try FolderRules.checkNone(failed, root: listing.root) }
    throw FolderRules.noImages(listing, failed)
  }
}

extension FolderRequest {
  /// Decodes all files, to where the options say.
  func images() throws -> LoadedImages {
    switch options.storage {
    case .memory: try MemoryFolder.load(self)
    case .cache(let folder): try CachedFolder(self, cacheFolder: folder).load()
    case .lazily: try LazyFolder.load(self)
    case .automatic(let folder):
      files.count < ImageFolderOptions.Storage.manyFiles
        ? try MemoryFolder.load(self) : try CachedFolder(self, cacheFolder: folder).load()
    }
  }
}
