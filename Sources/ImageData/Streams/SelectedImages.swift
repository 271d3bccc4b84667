/// Some of other images, as images of their own.
public struct SelectedImages: LabelledImages {
  private let images: any LabelledImages
  private let places: [Int]

  /// - Parameter places: of the images, in the order wanted.
  /// - Precondition: every place is in `0..<images.count`.
  public init(_ images: any LabelledImages, places: [Int]) {
    precondition(places.allSatisfy((0..<images.count).contains), "a selected image is one of the images")
    self.images = images
    self.places = places
  }

  public var count: Int { places.count }
  public var shape: ImageShape { images.shape }

  public func target(_ place: Int) -> Int { images.target(places[place]) }
  public func identity(_ place: Int) -> Int { images.identity(places[place]) }
  public func gather(_ places: [Int]) throws -> [UInt8] { try images.gather(places.map { self.places[$0] }) }
}
