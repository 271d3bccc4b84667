/// Which channels the samples of a PNG become.
///
/// At 8 bits a 16-bit sample becomes the nearest, ⌊(255 v + 32767) / 65535⌋, and samples of 1, 2 and 4 bits scale by
/// 255, 85 and 17; at 16 bits samples of 8 bits and fewer scale by 257 more, and those of 16 stay themselves.
public enum PixelForm: String, Sendable, Hashable, Codable, CaseIterable {
  /// Gray 1 channel, gray with transparency 2, RGB 3, RGB with transparency 4; a palette becomes RGB or RGBA.
  case natural
  /// One channel. Colour becomes ITU-R 601-2 luma in integers, as PIL's mode "L":
  /// (19595 R + 38470 G + 7471 B + 32768) >> 16. Transparency is blended first, in colour.
  case gray
  /// Three channels; gray is repeated. Transparency is blended onto the background.
  case rgb
  /// Gray as above, of the colours as they are, and alpha, opaque where the file has no transparency.
  case grayAlpha
  /// RGB as above, of the colours as they are, and alpha, opaque where the file has no transparency.
  case rgbAlpha
}
