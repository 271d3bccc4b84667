import Foundation
import RandomStreams
import Testing

@testable import ImageData

@Suite struct DecodingHostileTests {
  private func file(_ extra: [(String, [UInt8])]) -> [UInt8] {
    HandmadePNG(width: 1, height: 1, colorType: 2, extra: extra, rows: [0, 7, 100, 200]).bytes
  }

  private func refusal(_ extra: [(String, [UInt8])]) throws -> String {
    let error = try dataError { _ = try decode(file(extra), PNGOptions(color: .srgb)) }
    #expect(error.code == .badData && error.advice.contains("stored"), "\(error)")
    return error.reason
  }

  @Test func nonsenseOfGammaAndChromaticities() throws {
    for value in [0, 1, 999, 10_000_001, 1 << 31, (1 << 32) - 1] {
      #expect(try refusal([("gAMA", four(value))]).contains("gAMA"), "\(value)")
    }
    #expect(try refusal([("gAMA", [0, 0, 1])]).contains("gAMA"))
    let sound = [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000]
    #expect(throws: Never.self) { try decode(file([("cHRM", sound.flatMap(four))]), PNGOptions(color: .srgb)) }
    let zeroWhite = [0, 0] + sound[2...]
    let line = [31270, 32900, 10000, 10000, 20000, 20000, 30000, 30000]
    let whiteOutside = [80000, 10000] + sound[2...]
    let huge = sound.map { $0 | 1 << 31 }
    for values in [zeroWhite, line, whiteOutside, huge, Array(repeating: 0, count: 8), Array(sound.dropLast())] {
      #expect(try refusal([("cHRM", values.flatMap(four))]).contains("cHRM"), "\(values)")
    }
  }

  @Test func damagedColorChunks() throws {
    for bytes in [[], [1], [1, 13, 0], [1, 13, 0, 1, 0], [2, 13, 0, 1], [1, 13, 1, 1], [0, 0, 0, 0]] as [[UInt8]] {
      #expect(try refusal([("cICP", bytes)]).contains("cICP"), "\(bytes)")
    }
    #expect(try refusal([("sRGB", [])]).contains("sRGB"))
    let (image, warnings) = try decodeWithWarnings(file([("sRGB", [9])]), PNGOptions(color: .srgb))
    #expect(image.pixels == [7, 100, 200] && warnings.contains("intent"))
    var broken = file([("gAMA", four(100_000))])
    broken[33 + 8] ^= 1
    #expect(throws: DataError.self, "a bad checksum") { try decode(broken, PNGOptions(color: .srgb)) }
  }

  @Test func damagedProfileChunks() throws {
    let good = HandmadeProfile.linear.chunk.1
    #expect(try decode(file([("iCCP", good)]), PNGOptions(color: .srgb)).samples != [7, 100, 200])
    for length in 0..<good.count {
      #expect(try refusal([("iCCP", Array(good.prefix(length)))]).contains("iCCP"), "\(length) of \(good.count) bytes")
    }
    let method = Array(good[0..<2]) + [1] + good[3...]
    #expect(try refusal([("iCCP", method)]).contains("compression method"))
    #expect(try refusal([("iCCP", [UInt8](repeating: 65, count: 90))]).contains("name"))
    var checksum = good
    checksum[checksum.count - 1] ^= 1
    #expect(try refusal([("iCCP", checksum)]).contains("damaged"))
    for excess in [-200, -1, 1, 1000] {
      var lying = HandmadeProfile.linear
      lying.excess = excess
      #expect(try refusal([lying.chunk]).contains("iCCP"), "\(excess)")
    }
  }

  @Test func everyTruncationOfAProfile() throws {
    let good = HandmadeProfile.linear.bytes
    for length in 0..<good.count {
      // Once lying about its size, once honest.
      #expect(try refusal([HandmadeProfile.chunk(Array(good.prefix(length)))]).contains("iCCP"))
      let honest = Array((four(length) + good.dropFirst(4)).prefix(length))
      #expect(try refusal([HandmadeProfile.chunk(honest)]).contains("iCCP"), "\(length)")
    }
  }

  @Test func profilesThatMakeNoSense() throws {
    let base = HandmadeProfile.linear
    var cases: [(String, HandmadeProfile)] = [
      ("rXYZ", base.replacing("rXYZ", nil)), ("bXYZ", base.replacing("bXYZ", [1, 2, 3])),
      ("gTRC", base.replacing("gTRC", nil)), ("rTRC", base.replacing("rTRC", HandmadeProfile.xyz(1, 1, 1))),
      ("rTRC", base.replacing("rTRC", Array("curv".utf8) + four(0) + four(1 << 31))),
      ("rTRC", base.replacing("rTRC", HandmadeProfile.curve([0]))),
      ("rTRC", base.replacing("rTRC", HandmadeProfile.parametric(5, 1, 1, 1, 1, 1, 1, 1))),
      ("rTRC", base.replacing("rTRC", HandmadeProfile.parametric(4, 1, 1, 1, 1, 1, 1))),
      ("rTRC", base.replacing("rTRC", HandmadeProfile.parametric(0, -1))),
      ("rTRC", base.replacing("rTRC", HandmadeProfile.parametric(1, 2, 0, 1))),
      ("rTRC", base.replacing("rTRC", HandmadeProfile.parametric(3, 2, -1, 1, 1, 1))),
    ]
    var other = base
    other.version = 5
    cases.append(("version 5", other))
    other = base
    other.signature = "ACSP"
    cases.append(("signature", other))
    other = base
    other.kind = "link"
    cases.append(("no device", other))
    for (reason, profile) in cases {
      let message = try refusal([profile.chunk])
      #expect(message.contains(reason), "\(reason): \(message)")
    }
  }

  /// A curve may leave 0 to 1, or be undefined below its threshold: samples stay within bounds.
  @Test func wildCurvesStayWithinBounds() throws {
    let wild = HandmadeProfile.parametric(4, 2.3, 900, -400, -300, 0.2, 700, 30)
    let profile = HandmadeProfile.linear.replacing("rTRC", wild).replacing("bXYZ", HandmadeProfile.xyz(-9000, 30000, 1))
    // Red is full though its line says 21; blue's light, thousands of times too green, takes red and blue below 0.
    #expect(try decode(file([profile.chunk]), PNGOptions(color: .srgb)).samples == [0, 255, 0])
    let red = HandmadeProfile.linear.replacing("rTRC", wild)
    #expect(try decode(file([red.chunk]), PNGOptions(color: .srgb)).samples == [255, 168, 229])
  }

  /// A stream of a few hundred kilobytes that inflates to 100 MB is left where the profile should have ended; one that
  /// states more than the limit is left at its header.
  @Test func profilesThatInflateHugely() throws {
    let header = HandmadeProfile.linear.bytes
    #expect(try refusal([("iCCP", [65, 0, 0] + Self.bomb(after: header, repeats: 400_000))]).contains("longer"))
    for size in [8_000_001, 1 << 31, (1 << 32) - 1] {
      let stated = four(size) + header.dropFirst(4)
      let reason = try refusal([("iCCP", [65, 0, 0] + Self.bomb(after: stated, repeats: 40_000))])
      #expect(reason.contains("\(size) bytes, and 8000000"), "\(reason)")
    }
    // Allowed in size, and then no profile.
    let large = four(8_000_000) + header.dropFirst(4)
    #expect(try refusal([("iCCP", [65, 0, 0] + Self.bomb(after: large, repeats: 400_000))]).contains("longer"))
  }

  /// A zlib stream of a stored block and `repeats` matches of 258 bytes at distance 1, in fixed codes (RFC 1951,
  /// 3.2.6).
  private static func bomb(after start: [UInt8], repeats: Int) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01, 0, UInt8(start.count & 255), UInt8(start.count >> 8)]
    stream += [~stream[3], ~stream[4]] + start
    var (bits, count) = (0b011, 3)
    for _ in 0..<repeats {
      // The code of 258 is 11000101, from its highest bit, that of distance 1 is 00000.
      bits |= 0b10100011 << count
      count += 13
      while count >= 8 {
        stream.append(UInt8(bits & 255))
        (bits, count) = (bits >> 8, count - 8)
      }
    }
    return stream + [UInt8(bits & 255), 0, 0]
  }

  /// Profiles and files mutated in a few bytes: an image of the size promised, or an error.
  @Test func mutationsNeverCrash() throws {
    let golden = try DecodingGolden.load()
    let files = (golden.colors.map(\.png) + golden.turns.map(\.png)).map { [UInt8]($0) }
    let profiles = [
      HandmadeProfile.linear,
      .linear.replacing("rTRC", HandmadeProfile.curve([0, 9, 900, 65535])).replacing(
        "gTRC", HandmadeProfile.parametric(4, 2.4, 0.9, 0.05, 0.1, 0.06, 0.02, 0.01)),
    ].map(\.bytes)
    var (decoded, refused) = (0, 0)
    for seed in 0..<6000 {
      let stream = RandomStream(seed: UInt64(seed)).stream("mutations")
      let isProfile = seed.isMultiple(of: 2)
      var bytes = isProfile ? profiles[seed / 2 % 2] : files[stream.integer(below: files.count, at: 0)]
      for change in 0..<(1 + stream.integer(below: 3, at: 1)) {
        let draw = stream.stream(change)
        bytes[draw.integer(below: bytes.count, at: 0)] = UInt8(draw.integer(below: 256, at: 1))
      }
      let options = PNGOptions(
        form: PixelForm.allCases[stream.integer(below: 5, at: 2)], depth: seed % 3 == 0 ? .sixteen : .eight,
        color: .srgb, orientation: .upright)
      do {
        let image = try decode(isProfile ? file([HandmadeProfile.chunk(bytes)]) : bytes, options)
        #expect(image.pixels.count == image.shape.byteCount, "seed \(seed)")
        decoded += 1
      } catch let error as DataError {
        #expect(error.code == .badData && !error.reason.isEmpty, "seed \(seed): \(error)")
        refused += 1
      }
    }
    #expect(decoded > 500 && refused > 500, "decoded \(decoded), refused \(refused)")
  }
}
