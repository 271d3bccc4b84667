/// What decoding changes of the files it reads.
struct ExportNotes {
  let headers: [PNGHeader]
  let decoding: DecodingPolicy
  /// What every file becomes.
  let shape: ImageShape

  /// A sentence a change, without a full stop.
  var lines: [String] {
    [depth, alpha, color, size, turned].compactMap { $0 }
  }

  private func files(_ isMeant: (PNGHeader) -> Bool, _ text: (String) -> String) -> String? {
    let count = headers.count(where: isMeant)
    return count == 0 ? nil : text(count == 1 ? "1 file" : "\(count) files")
  }

  private var depth: String? {
    switch shape.depth {
    case .eight: files({ $0.bitDepth == 16 }) { "\($0) of 16 bits: rounded to 8" }
    case .sixteen: files({ $0.bitDepth < 16 }) { "\($0) of 8 bits or fewer: widened to 16, so that 255 is 65535" }
    }
  }

  private var alpha: String? {
    switch decoding.alpha {
    case .composite:
      files(\.hasAlpha) { "\($0) with transparency: blended over \(decoding.background)" }
    case .keep: files({ !$0.hasAlpha }) { "\($0) without transparency: given an opaque alpha channel" }
    }
  }

  private var color: String? {
    shape.channels <= 2
      ? files({ !$0.isGray }) { "\($0) of colours: turned gray" }
      : files(\.isGray) { "\($0) of gray: written as RGB" }
  }

  private var size: String? {
    guard decoding.sizing != nil else { return nil }
    return files({ ($0.uprightWidth, $0.uprightHeight) != (shape.width, shape.height) }) {
      "\($0) of another size: resized to \(shape.width) × \(shape.height)"
    }
  }

  private var turned: String? {
    // Headers say it only where the policy asks.
    files({ $0.orientation != 1 }) { "\($0) turned as their Exif data say" }
  }
}
