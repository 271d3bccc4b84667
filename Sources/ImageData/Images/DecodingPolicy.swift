/// What the stored samples of a PNG become: every choice between the bytes of a file and the pixels a network sees.
///
/// Steps come in this order: samples as stored → colour → form and alpha → orientation → size.
public struct DecodingPolicy: Sendable, Hashable, Codable {
  public enum Form: String, Sendable, Hashable, Codable, CaseIterable {
    /// Gray if every image of a folder is stored gray, else RGB.
    case auto
    case gray, rgb
  }

  public enum Alpha: String, Sendable, Hashable, Codable, CaseIterable {
    /// Transparent pixels show the background.
    case composite
    /// A channel of its own, after the colours; opaque where a file has none.
    case keep
  }

  public enum Color: String, Sendable, Hashable, Codable, CaseIterable {
    /// Samples as they are stored, whatever the file says of gamma and profiles: as PIL and torchvision.
    case stored
    /// Converted to sRGB as cICP, iCCP, sRGB, gAMA and cHRM say (PNG specification, third edition, 4.3).
    case srgb
  }

  public enum Orientation: String, Sendable, Hashable, Codable, CaseIterable {
    /// Rows as stored, as PIL and torchvision.
    case stored
    /// Turned as the eXIf chunk says.
    case upright
  }

  public var form = Form.auto
  public var alpha = Alpha.composite
  /// What shows through transparent pixels and fills what padding adds.
  public var background = Background.black
  /// Of the samples in memory.
  public var depth = SampleDepth.eight
  public var color = Color.stored
  public var orientation = Orientation.stored
  /// nil: all images of a folder must agree in size.
  public var sizing: Sizing?

  public init() {}
}
