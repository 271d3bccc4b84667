/// Finds the form and the shape that the files of a folder share, by decoding them as the first one asks.
enum FolderForm {
  /// Runs `attempt` with the form and shape of the first file, and once more where other files ask for another form.
  ///
  /// - Parameter attempt: decodes all files of the request, and returns what came of each.
  /// - Throws: `DataError` if no file has a good header, sizes are mixed, or, when strict, a file is left out; and what
  ///   `attempt` throws.
  static func settle<Kept>(
    _ request: FolderRequest, _ attempt: (ImageDecoder, ImageShape) throws -> (kept: Kept, outcomes: [FileOutcome])
  ) throws -> (kept: Kept, outcomes: [FileOutcome]) {
    var decoder: ImageDecoder?
    // A folder that is left alone needs two attempts at most.
    for _ in 0..<3 {
      let header = try request.firstHeader()
      let guess = decoder ?? request.decoder(allGray: header.isGray)
      let (kept, outcomes) = try attempt(guess, guess.shape(of: header, path: request.listing.origin))
      // Headers come first, for after a file that differs only headers are read: errors must not depend on threads.
      try checkStrict(request, outcomes.map { $0.promise == nil ? $0 : FileOutcome() })
      let right = request.decoder(allGray: outcomes.allSatisfy { $0.promise?.isGray ?? true })
      if right.form == guess.form {
        let shapes = zip(request.files, outcomes).compactMap { file, outcome in
          outcome.promise.map { (path: file.entry.path, shape: $0.shape) }
        }
        try FolderRules.checkSizes(shapes, request.listing)
        try checkStrict(request, outcomes)
        if outcomes.allSatisfy({ $0.hasPixels || $0.failure != nil }) { return (kept, outcomes) }
      }
      decoder = right
      request.progress.restart()
    }
    throw DataError(
      code: .io, path: request.listing.origin, reason: "its files changed while they were read",
      advice: "Load it when nothing writes to it.")
  }

  private static func checkStrict(_ request: FolderRequest, _ outcomes: [FileOutcome]) throws {
    if request.options.strict {
      try FolderRules.checkNone(request.skipped(outcomes), root: request.listing.root)
    }
  }
}

extension FolderRequest {
  /// The files that are left out, with the reason of each.
  func skipped(_ outcomes: [FileOutcome]) -> [FileNote] {
    zip(files, outcomes).compactMap { file, outcome in
      outcome.failure.map { FileNote(path: file.entry.path, reason: $0.reason) }
    }
  }

  /// The files whose pixels are kept.
  func kept(_ outcomes: [FileOutcome]) -> [ListedFile] {
    zip(files, outcomes).compactMap { file, outcome in outcome.hasPixels ? file : nil }
  }
}
