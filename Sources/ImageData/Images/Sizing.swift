/// How images of any size become images of one size.
///
/// Where one factor scales both sides, it makes one side exact; the other is rounded to the nearest pixel, halves up,
/// and is at least 1. A row or column that cannot be shared evenly is added, or cut off, below or at the right.
///
/// 8-bit results are those of PIL's `resize` to the bit (Pillow up to 12; from 13 on within 1, as it may take rows
/// before columns). 16-bit samples have the same weights in double, rounded once. Filters that average weight colours
/// premultiplied by alpha.
public struct Sizing: Sendable, Hashable, Codable {
  /// What happens where the proportions differ.
  public enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// Both sides are scaled, each by its own factor.
    case stretch
    /// The whole image, scaled by one factor, in the middle of a background.
    case pad
    /// The middle of the image, scaled by one factor until it covers the size.
    case crop
  }

  /// How samples between those stored are found.
  public enum Filter: String, Sendable, Hashable, Codable, CaseIterable {
    /// No scaling at all: a smaller image is padded, a larger one cropped, as the fit allows.
    case none
    /// The stored pixel under the centre of the wanted one.
    case nearest
    /// A triangle as wide as two pixels of the coarser grid: antialiased, as PIL's BILINEAR.
    case bilinear
    /// The mean over the area that a wanted pixel covers, as PIL's BOX.
    case area
  }

  /// Rows wanted.
  public var height: Int
  /// Pixels in a row wanted.
  public var width: Int
  public var fit: Fit
  public var filter: Filter

  public init(height: Int, width: Int, fit: Fit = .stretch, filter: Filter = .bilinear) {
    self.height = height
    self.width = width
    self.fit = fit
    self.filter = filter
  }
}
