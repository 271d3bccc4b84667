import Foundation
import RandomStreams

/// How far a ``SpatialAttack`` may turn and shift an image.
public struct SpatialRange: Sendable, Hashable {
  /// The largest turn either way.
  public var degrees: Double
  /// The largest shift along each axis, in pixels.
  public var pixels: Double

  /// ±30° and ±3 pixels, as Engstrom et al. take them for images of 28 to 32 pixels.
  public init(degrees: Double = 30, pixels: Double = 3) {
    self.degrees = degrees
    self.pixels = pixels
  }

  /// A move drawn uniformly from the range.
  func move(_ stream: RandomStream) -> SpatialMove {
    let draw = { (counter: UInt64) in 2 * stream.uniform(at: counter) - 1 }
    return SpatialMove(degrees: degrees * draw(0), right: pixels * draw(1), down: pixels * draw(2))
  }

  /// Every combination of evenly spaced turns and shifts, from one end of the range to the other. A single value is 0.
  func grid(turns: Int, shifts: Int) -> [SpatialMove] {
    func values(_ count: Int, _ limit: Double) -> [Double] {
      guard count > 1 else { return [0] }
      return (0..<count).map { limit * (2 * Double($0) / Double(count - 1) - 1) }
    }
    let steps = values(shifts, pixels)
    return values(turns, degrees).flatMap { turn in
      steps.flatMap { right in steps.map { SpatialMove(degrees: turn, right: right, down: $0) } }
    }
  }
}

/// A turn about an image's centre, then a shift.
public struct SpatialMove: Sendable, Hashable {
  /// Counter-clockwise as seen.
  public var degrees: Double
  /// In pixels.
  public var right: Double
  /// In pixels.
  public var down: Double

  public init(degrees: Double, right: Double, down: Double) {
    (self.degrees, self.right, self.down) = (degrees, right, down)
  }

  /// The image as it is.
  public static let identity = SpatialMove(degrees: 0, right: 0, down: 0)
}
