/// How large a PNG may be. Checked before memory is taken for its pixels.
public struct PNGLimits: Sendable, Hashable, Codable {
  /// Most pixels in one image; 64 Mi unless said.
  public var maximumPixels: Int
  /// Most pixels along a side; 32,768 unless said.
  public var maximumSide: Int
  /// Most bytes of a file; 256 MiB unless said.
  public var maximumFileBytes: Int

  public init(maximumPixels: Int = 64 << 20, maximumSide: Int = 32_768, maximumFileBytes: Int = 256 << 20) {
    self.maximumPixels = maximumPixels
    self.maximumSide = maximumSide
    self.maximumFileBytes = maximumFileBytes
  }
}
