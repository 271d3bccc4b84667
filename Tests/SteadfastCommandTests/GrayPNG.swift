/// Small square gray PNGs, written here by the standard's letter and not by the codec under test.
enum GrayPNG {
  static func bytes(level: UInt8) -> [UInt8] { bytes(side: 1, pixels: [level]) }

  /// - Parameter pixels: side × side, side below 256.
  static func bytes(side: UInt8, pixels: [UInt8]) -> [UInt8] {
    let header: [UInt8] = [0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0]
    let width = Int(side)
    // Every row begins with its filter: none.
    let raw = (0..<width).flatMap { [0] + pixels[$0 * width..<($0 + 1) * width] }
    let (low, high) = (UInt8(raw.count & 255), UInt8(raw.count >> 8))
    // One stored block: final, length and its complement, the bytes, Adler-32.
    let data = [0x78, 0x01, 0x01, low, high, ~low, ~high] + raw + bigEndian(adler32(raw))
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", data)
      + chunk("IEND", [])
  }

  private static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + content
    return bigEndian(UInt32(content.count)) + body + bigEndian(crc32(body))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
  }

  private static func adler32(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return b << 16 | a
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
