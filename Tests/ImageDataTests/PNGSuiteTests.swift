import Foundation
import Testing

@testable import ImageData

/// Against values of a decoder that shares no code with this one: Tools/oracles/png_golden.py.
@Suite struct PNGSuiteTests {
  struct Golden: Decodable {
    struct Pixels: Decodable {
      let channels: Int
      let crc32: UInt32
      let first: [UInt8]
    }
    struct Picture: Decodable {
      let width, height, colorType, bitDepth: Int
      let isInterlaced, hasTransparency: Bool
      let natural, gray, rgb, rgbOverColor: Pixels
      /// Checksums alone, of forms with alpha, of 16 bits, of colours converted and of rows turned.
      let more: [String: UInt32]
    }
    let images: [String: Picture]
    let refused: [String: String]
  }

  let golden: Golden

  init() throws {
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: fixture("pngsuite.json")))
  }

  @Test func everyFileHasAGoldenValue() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: fixture("pngsuite").path)
      .filter { $0.hasSuffix(".png") }
    #expect(Set(files) == Set(golden.images.keys).union(golden.refused.keys))
    #expect(golden.images.count == 161)
    #expect(golden.refused.count == 14)
  }

  @Test func headers() throws {
    for (name, expected) in golden.images {
      let bytes = [UInt8](try Data(contentsOf: fixture("pngsuite/" + name)))
      let header = try PNG.header(of: bytes, path: name)
      #expect(header.width == expected.width && header.height == expected.height, "\(name)")
      #expect(header.colorType.rawValue == expected.colorType && header.bitDepth == expected.bitDepth, "\(name)")
      #expect(header.isInterlaced == expected.isInterlaced, "\(name)")
      #expect(header.hasTransparency == expected.hasTransparency, "\(name)")
    }
  }

  @Test func pixels() throws {
    for (name, expected) in golden.images {
      let url = fixture("pngsuite/" + name)
      let cases: [(PixelForm, Background, Golden.Pixels)] = [
        (.natural, .black, expected.natural), (.gray, .black, expected.gray), (.rgb, .black, expected.rgb),
        (.rgb, Background(red: 10, green: 200, blue: 90), expected.rgbOverColor),
      ]
      for (form, background, pixels) in cases {
        let image = try PNG.decode(contentsOf: url, as: form, over: background)
        #expect(image.width == expected.width && image.height == expected.height, "\(name) \(form)")
        #expect(image.channels == pixels.channels, "\(name) \(form)")
        #expect(Array(image.pixels.prefix(12)) == pixels.first, "\(name) \(form)")
        #expect(crc32(image.pixels) == pixels.crc32, "\(name) \(form)")
      }
    }
  }

  /// Colours agree to the bit though both sides compute in floating point: no value of these files lies close enough
  /// to the middle between two samples for the last bit of a power to matter.
  @Test func alphaDepthColorAndOrientation() throws {
    let color = Background(red: 10, green: 200, blue: 90)
    let cases: [(String, PNGOptions)] = [
      ("grayAlpha8", PNGOptions(form: .grayAlpha)), ("rgbAlpha8", PNGOptions(form: .rgbAlpha)),
      ("natural16", PNGOptions(depth: .sixteen)), ("srgb8", PNGOptions(color: .srgb)),
      ("srgb16", PNGOptions(depth: .sixteen, color: .srgb)), ("upright8", PNGOptions(orientation: .upright)),
      ("rgb16", PNGOptions(form: .rgb, background: color, depth: .sixteen)),
      ("gray16", PNGOptions(form: .gray, background: color, depth: .sixteen)),
      ("rgbAlpha16", PNGOptions(form: .rgbAlpha, depth: .sixteen)),
      ("grayAlpha16", PNGOptions(form: .grayAlpha, depth: .sixteen)),
    ]
    var converted = 0
    for (name, expected) in golden.images {
      let bytes = [UInt8](try Data(contentsOf: fixture("pngsuite/" + name)))
      for (key, options) in cases {
        let image = try decode(bytes, path: name, options)
        #expect(image.shape.depth == options.depth, "\(name) \(key)")
        if let value = expected.more[key] { #expect(crc32(image.pixels) == value, "\(name) \(key)") }
      }
      if expected.more["srgb8"] != expected.natural.crc32 { converted += 1 }
    }
    #expect(converted > 100, "\(converted) files differ from sRGB")
    #expect(golden.images["exif2c08.png"]?.more["upright8"] != nil)
  }

  @Test func damagedFilesAreRefused() throws {
    for name in golden.refused.keys {
      let error = try dataError { _ = try PNG.decode(contentsOf: fixture("pngsuite/" + name)) }
      #expect(error.code == .badData && error.path.hasSuffix(name) && !error.reason.isEmpty, "\(name): \(error)")
    }
  }
}
