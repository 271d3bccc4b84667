import ArgumentParser
import Steadfast

/// Turns and shifts of images, as options.
struct SpatialOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Also turn images by up to so many degrees either way.", valueName: "degrees"))
  var turns: Double?

  @Option(help: ArgumentHelp("Also shift images by up to so many pixels along each axis.", valueName: "pixels"))
  var shifts: Double?

  @Option(help: "Random turns and shifts tried of each image; the worst counts.") var draws = 10

  func validate() throws {
    guard (0...180).contains(turns ?? 0) else { throw ValidationError("--turns must be 0 to 180 degrees") }
    guard (0...1000).contains(shifts ?? 0) else { throw ValidationError("--shifts must be 0 to 1000 pixels") }
    guard (1...10_000).contains(draws) else { throw ValidationError("--draws must be 1 to 10000") }
  }

  /// Nil where none is asked for.
  var attack: SpatialAttack? {
    guard turns != nil || shifts != nil else { return nil }
    return SpatialAttack(SpatialRange(degrees: turns ?? 0, pixels: shifts ?? 0), search: .worstOf(draws))
  }
}
