import Foundation
import RandomStreams
import Testing

@testable import ImageData

/// Golden values of Pillow and Little CMS: Tools/oracles/decoding.py.
struct DecodingGolden: Decodable {
  struct Color: Decodable {
    let name: String
    let png: Data
    let channels: Int
    let eight: Data?
    let sixteen: Data
  }
  struct Turn: Decodable {
    let name: String
    let png: Data
    let width, height, depth: Int
    let pixels: Data
  }
  let colors: [Color]
  let turns: [Turn]

  static func load() throws -> DecodingGolden {
    try JSONDecoder().decode(DecodingGolden.self, from: Data(contentsOf: fixture("decoding.json")))
  }
}

func decode(_ bytes: [UInt8], path: String = "memory", _ options: PNGOptions) throws -> Image {
  try decodeWithWarnings(bytes, path: path, options).image
}

func decodeWithWarnings(
  _ bytes: [UInt8], path: String = "memory", _ options: PNGOptions
) throws -> (image: Image, warnings: String) {
  let (image, warnings, _) = try bytes.withUnsafeBytes {
    try PNG.decodeWithWarnings($0, path: path, options: options, limits: PNGLimits(maximumPixels: 1 << 20))
  }
  return (image, warnings)
}

extension Image {
  /// Samples as numbers, whatever their depth.
  var samples: [Int] {
    switch shape.depth {
    case .eight: pixels.map(Int.init)
    case .sixteen:
      pixels.withUnsafeBytes { bytes in
        (0..<shape.sampleCount).map { Int(bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) }
      }
    }
  }
}

extension Data {
  /// Its bytes as samples of 16 bits, low byte first.
  var shorts: [Int] { (0..<count / 2).map { Int(self[startIndex + 2 * $0]) | Int(self[startIndex + 2 * $0 + 1]) << 8 } }
}

/// ICC profiles made by hand, so that they can be wrong in any way.
struct HandmadeProfile {
  var version: UInt8 = 4
  var kind = "mntr"
  var space = "RGB "
  var connection = "XYZ "
  var signature = "acsp"
  var tags: [(String, [UInt8])]
  /// Added to the size that the header states.
  var excess = 0

  /// Linear curves and sRGB's colours.
  static let linear = HandmadeProfile(tags: [
    ("rXYZ", xyz(0.43607, 0.22249, 0.01392)), ("gXYZ", xyz(0.38515, 0.71687, 0.09708)),
    ("bXYZ", xyz(0.14307, 0.06061, 0.71410)), ("rTRC", curve([])), ("gTRC", curve([])), ("bTRC", curve([])),
  ])
  static let linearGray = HandmadeProfile(space: "GRAY", tags: [("kTRC", curve([]))])

  func replacing(_ name: String, _ content: [UInt8]?) -> HandmadeProfile {
    var copy = self
    copy.tags.removeAll { $0.0 == name }
    if let content { copy.tags.append((name, content)) }
    return copy
  }

  var bytes: [UInt8] {
    var body: [UInt8] = []
    var directory = four(tags.count)
    for (name, content) in tags {
      directory += Array(name.utf8) + four(132 + 12 * tags.count + body.count) + four(content.count)
      body += content
    }
    let size = 128 + directory.count + body.count + excess
    var header = four(size) + four(0) + [version, 0, 0, 0] + Array((kind + space + connection).utf8)
    header += [UInt8](repeating: 0, count: 12) + Array(signature.utf8)
    return header + [UInt8](repeating: 0, count: 128 - header.count) + directory + body
  }

  /// An iCCP chunk's content, the profile stored without compression.
  var chunk: (String, [UInt8]) { Self.chunk(bytes) }

  static func chunk(_ profile: [UInt8]) -> (String, [UInt8]) {
    ("iCCP", Array("p".utf8) + [0, 0] + HandmadePNG.stored(profile))
  }

  static func xyz(_ values: Double...) -> [UInt8] { Array("XYZ ".utf8) + four(0) + values.flatMap(fixed) }

  static func curve(_ values: [Int]) -> [UInt8] {
    Array("curv".utf8) + four(0) + four(values.count) + values.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
  }

  static func parametric(_ kind: Int, _ values: Double...) -> [UInt8] {
    Array("para".utf8) + four(0) + [0, UInt8(kind), 0, 0] + values.flatMap(fixed)
  }

  private static func fixed(_ value: Double) -> [UInt8] { four(Int((value * 65536).rounded())) }
}

/// The low 32 bits, high byte first.
func four(_ value: Int) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}
