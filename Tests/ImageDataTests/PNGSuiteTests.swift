import Foundation
import ImageData
import Testing

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

  @Test func damagedFilesAreRefused() throws {
    for name in golden.refused.keys {
      let error = try dataError { _ = try PNG.decode(contentsOf: fixture("pngsuite/" + name)) }
      #expect(error.code == .badData && error.path.hasSuffix(name) && !error.reason.isEmpty, "\(name): \(error)")
    }
  }
}
