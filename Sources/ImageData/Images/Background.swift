/// The opaque colour that shows through transparent pixels in a form without alpha: with M = 255 at 8 bits and 65535 at
/// 16, where the background is 257 times these values, ⌊(v α + b (M − α) + ⌊M / 2⌋) / M⌋.
public struct Background: Sendable, Hashable, Codable {
  public let red: UInt8
  public let green: UInt8
  public let blue: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  public static let black = Background(red: 0, green: 0, blue: 0)
  public static let white = Background(red: 255, green: 255, blue: 255)
}

extension Background: LosslessStringConvertible {
  /// black, white or #rrggbb in hexadecimal digits.
  public init?(_ description: String) {
    switch description {
    case "black": self = .black
    case "white": self = .white
    default:
      let digits = description.utf8.dropFirst()
      guard description.utf8.first == UInt8(ascii: "#"), digits.count == 6, !digits.contains(UInt8(ascii: "+")),
        let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
      else { return nil }
      self.init(
        red: UInt8(value >> 16), green: UInt8(value >> 8 & 255), blue: UInt8(value & 255))
    }
  }

  public var description: String {
    if self == .black { return "black" }
    if self == .white { return "white" }
    let value = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
    let digits = String(value, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }
}
