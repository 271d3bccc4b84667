/// What the samples of a PNG become. Samples are always 8 bits.
///
/// A 16-bit sample becomes the nearest 8-bit one, ⌊(255 v + 32767) / 65535⌋; samples of 1, 2 and 4 bits scale by 255,
/// 85 and 17. Values are taken as stored: gAMA, cHRM, sRGB and iCCP are ignored, as PIL and torchvision do.
public enum PixelForm: String, Sendable, Hashable, Codable, CaseIterable {
  /// Gray 1 channel, gray with transparency 2, RGB 3, RGB with transparency 4; a palette becomes RGB or RGBA.
  case natural
  /// One channel. Colour becomes ITU-R 601-2 luma in integers, as PIL's mode "L":
  /// (19595 R + 38470 G + 7471 B + 32768) >> 16. Transparency is blended first, in colour.
  case gray
  /// Three channels; gray is repeated. Transparency is blended onto the background.
  case rgb
}

/// The opaque colour that shows through transparent pixels in a form without alpha: ⌊(v α + b (255 − α) + 127) / 255⌋.
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
