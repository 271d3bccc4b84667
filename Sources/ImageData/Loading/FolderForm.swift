/// Finds the form and the shape that the files of a folder share, by decoding them as the first one asks.
enum FolderForm {
  /// Runs `attempt` with the form and shape of the first file, and once more where other files ask for another form.
  ///
  /// - Parameter attempt: decodes all files of the request, and returns what came of them.
  /// - Throws: `DataError` if no file has a good header, sizes are mixed, or, when strict, a file is left out; and what
  ///   `attempt` throws.
  static func settle<Kept>(
    _ request: FolderRequest, _ attempt: (ImageDecoder, ImageShape) throws -> (kept: Kept, outcome: FolderOutcome)
  ) throws -> (kept: Kept, outcome: FolderOutcome) {
    var decoder: ImageDecoder?
    // A folder that is left alone needs two attempts at most.
    for _ in 0..<3 {
      let header = try request.firstHeader()
      let guess = decoder ?? request.decoder(allGray: header.isGray)
      let (kept, outcome) = try attempt(guess, guess.shape(of: header, path: request.listing.origin))
      // Headers come first, for after a file that differs only headers are read: errors must not depend on threads.
      try checkStrict(request, outcome.failures.filter { !$0.hasHeader })
      let right = request.decoder(allGray: outcome.isGray)
      if right.form == guess.form {
        try FolderRules.checkSizes(
          outcome.shapes.map { (request.files[$0.file].entry.path, $0.shape) }, request.listing)
        try checkStrict(request, outcome.failures)
        if outcome.isWhole { return (kept, outcome) }
      }
      decoder = right
      request.progress.restart()
    }
    throw DataError(
      code: .io, path: request.listing.origin, reason: "its files changed while they were read",
      advice: "Load it when nothing writes to it.")
  }

  private static func checkStrict(_ request: FolderRequest, _ failures: [FolderOutcome.Failure]) throws {
    if request.options.strict { try FolderRules.checkNone(request.notes(failures), root: request.listing.root) }
  }
}
