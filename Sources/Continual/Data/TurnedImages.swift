import ImageData

/// Every image four times, turned counter-clockwise by 0, 90, 180 and 270 degrees; the output that is right is the
/// number of quarter turns.
///
/// Source: Gidaris et al. 2018 (RotNet). Pixels are moved, not computed, so nothing in an image tells but what it
/// shows.
struct TurnedImages: LabelledImages {
  static let turns = 4

  let base: any LabelledImages

  /// - Throws: `RunError.unusable` for images that are not square.
  init(_ base: any LabelledImages) throws {
    try Self.requireSquare(base.shape)
    self.base = base
  }

  /// - Throws: `RunError.unusable` for images that a quarter turn gives another shape.
  static func requireSquare(_ shape: ImageShape) throws {
    guard shape.height != shape.width else { return }
    throw RunError.unusable(
      reason: "strategy.trunk rotation turns images by quarters, and images of \(shape) are not square: give "
        + "data.decoding.size two equal sides, or choose another trunk")
  }

  var count: Int { Self.turns * base.count }
  var shape: ImageShape { base.shape }

  func target(_ place: Int) -> Int { place % Self.turns }

  func identity(_ place: Int) -> Int { Self.turns * base.identity(place / Self.turns) + target(place) }

  func gather(_ places: [Int]) throws -> [UInt8] {
    let stored = try base.gather(places.map { $0 / Self.turns })
    let (side, bytes) = (shape.width, shape.byteCount / (shape.width * shape.height))
    var turned = stored
    for (image, place) in places.enumerated() where target(place) != 0 {
      let start = image * shape.byteCount
      for pixel in 0..<side * side {
        let origin = Self.origin(of: (pixel / side, pixel % side), turns: target(place), side: side)
        let (to, from) = (start + pixel * bytes, start + (origin.row * side + origin.column) * bytes)
        for byte in 0..<bytes { turned[to + byte] = stored[from + byte] }
      }
    }
    return turned
  }

  /// Where the pixel at a place of the turned image comes from.
  static func origin(of place: (row: Int, column: Int), turns: Int, side: Int) -> (row: Int, column: Int) {
    let last = side - 1
    return switch turns {
    case 1: (place.column, last - place.row)
    case 2: (last - place.row, last - place.column)
    case 3: (last - place.column, place.row)
    default: place
    }
  }
}
