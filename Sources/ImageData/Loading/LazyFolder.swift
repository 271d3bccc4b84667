/// Lists a folder, and leaves its pixels for later.
enum LazyFolder {
  /// - Throws: `DataError` if no file has a good header, sizes are mixed, or, when strict, a file is left out.
  static func load(_ request: FolderRequest) throws -> LoadedImages {
    let policy = request.options.decoding
    if policy.form != .auto, policy.sizing != nil {
      // The shape is decided whatever the files are: one header shows that there are any.
      let header = try request.firstHeader()
      return try images(request, request.decoder(allGray: header.isGray), header, skipped: [])
    }
    let (survey, decoder) = try FolderSurvey.settled(request)
    guard let header = survey.splits.joined().first?.header else {
      throw FolderRules.noImages(request.listing, survey.skipped)
    }
    return try images(request.keeping(survey.files), decoder, header, skipped: survey.skipped)
  }

  private static func images(
    _ request: FolderRequest, _ decoder: ImageDecoder, _ header: PNGHeader, skipped: [FileNote]
  ) throws -> LoadedImages {
    let shape = try decoder.shape(of: header, path: request.listing.origin)
    let source = try LazyPixels(request, decoder, shape)
    return LoadedImages(
      shape: shape, source: source, files: request.files, slots: Array(request.files.indices), skipped: skipped,
      notes: source.note.map { [$0] } ?? [])
  }
}
