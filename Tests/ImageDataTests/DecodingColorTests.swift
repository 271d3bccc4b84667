import Foundation
import Testing

@testable import ImageData

@Suite struct DecodingColorTests {
  /// Little CMS converts 8 bits in fixed point, so that it may differ by 1 of 255.
  @Test func profilesAtEightBitsAsPillow() throws {
    var seen = 0
    for golden in try DecodingGolden.load().colors {
      guard let eight = golden.eight else { continue }
      let image = try decode([UInt8](golden.png), PNGOptions(color: .srgb))
      #expect(image.channels == golden.channels, "\(golden.name)")
      let worst = zip(image.samples, eight).map { abs($0 - Int($1)) }.max()
      #expect(image.pixels.count == eight.count && worst ?? 9 <= 1, "\(golden.name): \(worst ?? -1)")
      seen += 1
    }
    #expect(seen == 10)
  }

  /// Little CMS in floating point agrees to 1 of 65535, but that it rounds what comes out of tables to 16 bits of
  /// light: near black, where sRGB's slope is 12.92, half of such a step is 6.5.
  @Test func profilesAtSixteenBitsAsLittleCMS() throws {
    for golden in try DecodingGolden.load().colors {
      let image = try decode([UInt8](golden.png), PNGOptions(depth: .sixteen, color: .srgb))
      let worst = zip(image.samples, golden.sixteen.shorts).map { abs($0 - $1) }.max()
      let allowed = golden.name.contains("table") ? 7 : 1
      #expect(image.samples.count == golden.sixteen.shorts.count, "\(golden.name)")
      #expect(worst ?? 99 <= allowed, "\(golden.name): \(worst ?? -1)")
    }
  }

  @Test func unaskedForColorsChangeNothing() throws {
    for golden in try DecodingGolden.load().colors {
      let file = [UInt8](golden.png)
      let plain = try decode(Self.removing(["iCCP"], from: file), PNGOptions(depth: .sixteen))
      #expect(try decode(file, PNGOptions(depth: .sixteen)) == plain, "\(golden.name)")
    }
  }

  private static func removing(_ kinds: Set<String>, from file: [UInt8]) -> [UInt8] {
    var kept = Array(file.prefix(8))
    var at = 8
    while at + 12 <= file.count {
      let length = file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) }
      if !kinds.contains(String(decoding: file[at + 4..<at + 8], as: UTF8.self)) { kept += file[at..<at + 12 + length] }
      at += 12 + length
    }
    return kept
  }

  private let srgb: (String, [UInt8]) = ("sRGB", [0])
  private let cicp: (String, [UInt8]) = ("cICP", [1, 13, 0, 1])
  private let linear: (String, [UInt8]) = ("gAMA", four(100_000))

  private func gray(_ extra: [(String, [UInt8])], _ depth: SampleDepth = .eight) throws -> [Int] {
    try decode(HandmadePNG(extra: extra).bytes, PNGOptions(depth: depth, color: .srgb)).samples
  }

  /// The first of cICP, iCCP, sRGB and gAMA with cHRM counts (PNG specification, third edition, 4.3).
  @Test func chunksCountInOrder() throws {
    let stored = [1, 2, 3, 4]
    let light = [13, 22, 28, 34]
    #expect(try gray([]) == stored)
    #expect(try gray([linear]) == light)
    #expect(try gray([linear, srgb]) == stored)
    #expect(try gray([srgb, linear]) == stored)
    #expect(try gray([srgb, HandmadeProfile.linearGray.chunk, linear]) == light)
    #expect(try gray([cicp, srgb, HandmadeProfile.linearGray.chunk, linear]) == stored)
    // What does not count may even be damaged.
    #expect(try gray([cicp, ("iCCP", [1]), ("gAMA", [])]) == stored)
    #expect(try gray([linear, ("cHRM", four(1))]) == light, "gray has no chromaticities")
  }

  /// 10 / 255 of light is 0.21985… of sRGB, which is at 16 bits between the samples of 8.
  @Test func conversionRoundsOnce() throws {
    let file = HandmadePNG(width: 1, height: 1, extra: [linear], rows: [0, 10])
    let sample = 1.055 * pow(10.0 / 255, 1 / 2.4) - 0.055
    #expect(try decode(file.bytes, PNGOptions(color: .srgb)).samples == [Int((sample * 255).rounded())])
    let deep = try decode(file.bytes, PNGOptions(depth: .sixteen, color: .srgb)).samples
    #expect(deep == [Int((sample * 65535).rounded())] && deep[0] % 257 != 0)
  }

  @Test func alphaStaysAndBlendsAfterConversion() throws {
    let file = HandmadePNG(width: 1, height: 1, colorType: 4, extra: [linear], rows: [0, 10, 128]).bytes
    #expect(try decode(file, PNGOptions(color: .srgb)).samples == [56, 128])
    let blended = (56 * 128 + 127) / 255
    #expect(try decode(file, PNGOptions(form: .gray, color: .srgb)).samples == [blended])
  }

  /// cHRM without gAMA: the transfer is sRGB's. sRGB's own chromaticities change nothing.
  @Test func chromaticitiesAlone() throws {
    let own = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000].flatMap(four)
    let swapped = [31270, 32900, 30000, 60000, 64000, 33000, 15000, 6000].flatMap(four)
    func rgb(_ chunk: [UInt8]) throws -> [Int] {
      let file = HandmadePNG(width: 1, height: 1, colorType: 2, extra: [("cHRM", chunk)], rows: [0, 200, 100, 50])
      return try decode(file.bytes, PNGOptions(color: .srgb)).samples
    }
    #expect(try rgb(own) == [200, 100, 50])
    #expect(try rgb(swapped) == [100, 200, 50])
  }

  @Test func whatCannotBeConvertedIsRefusedWithAdvice() throws {
    let tables = HandmadeProfile.linear.replacing("A2B0", [1, 2, 3, 4])
    var lab = HandmadeProfile.linear
    lab.connection = "Lab "
    let cases: [(String, UInt8, [(String, [UInt8])])] = [
      ("tables", 2, [tables.chunk]), ("another space than XYZ", 2, [lab.chunk]),
      ("not for gray", 0, [HandmadeProfile.linear.chunk]), ("not for RGB", 2, [HandmadeProfile.linearGray.chunk]),
      ("9 16 0 1", 2, [("cICP", [9, 16, 0, 1])]), ("1 13 0 0", 2, [("cICP", [1, 13, 0, 0])]),
    ]
    for (reason, colorType, extra) in cases {
      let rows: [UInt8] = colorType == 0 ? [0, 7] : [0, 7, 8, 9]
      let file = HandmadePNG(width: 1, height: 1, colorType: colorType, extra: extra, rows: rows).bytes
      let error = try dataError { _ = try decode(file, path: "a.png", PNGOptions(color: .srgb)) }
      #expect(error.code == .badData && error.path == "a.png" && error.reason.contains(reason), "\(error)")
      #expect(error.advice.contains("color: stored"), "\(error)")
      #expect(try decode(file, PNGOptions()).samples == rows.dropFirst().map(Int.init))
    }
  }
}
