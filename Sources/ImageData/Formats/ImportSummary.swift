/// What an import has written.
public struct ImportSummary: Sendable, Hashable, Codable {
  public struct Set: Sendable, Hashable, Codable {
    /// "train", "test" or "all".
    public let name: String
    public let images: Int
    /// Images by class, in the order of `classes`.
    public let imagesPerClass: [Int]
  }

  public let format: String
  /// The folders of the classes, by label; those without an image were not made.
  public let classes: [String]
  public let sets: [Set]
  public let shape: ImageShape
  public let notes: [String]
  public let seconds: Double
}
