/// What a PNG file says of itself before its first pixel.
public struct PNGHeader: Sendable, Hashable, Codable {
  /// How pixels are stored (PNG specification, 11.2.2).
  public enum ColorType: Int, Sendable, Hashable, Codable, CaseIterable {
    case gray = 0
    case rgb = 2
    case palette = 3
    case grayAlpha = 4
    case rgbAlpha = 6
  }

  /// Pixels in a row as stored.
  public let width: Int
  /// Rows as stored.
  public let height: Int
  public let colorType: ColorType
  /// Bits a sample: 1, 2, 4, 8 or 16.
  public let bitDepth: Int
  public let isInterlaced: Bool
  /// Whether a tRNS chunk makes a colour or palette entries transparent.
  public let hasTransparency: Bool
  /// How the eXIf chunk turns the image, 1 to 8 as tag 274 of the Exif standard; 1, as stored, unless asked for.
  public let orientation: Int

  /// Rows once turned.
  public var uprightHeight: Int { orientation >= 5 ? width : height }
  /// Pixels in a row once turned.
  public var uprightWidth: Int { orientation >= 5 ? height : width }

  /// Channels after decoding to a form.
  public func channels(as form: PixelForm) -> Int {
    switch form {
    case .gray: return 1
    case .rgb: return 3
    case .grayAlpha: return 2
    case .rgbAlpha: return 4
    case .natural:
      return (isGray ? 1 : 3) + (hasAlpha ? 1 : 0)
    }
  }

  /// Whether any pixel may be transparent.
  var hasAlpha: Bool { hasTransparency || colorType == .grayAlpha || colorType == .rgbAlpha }

  /// Whether the file stores gray, with or without transparency.
  public var isGray: Bool { colorType == .gray || colorType == .grayAlpha }
}
