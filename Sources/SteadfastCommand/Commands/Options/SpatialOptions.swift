import ArgumentParser
import Steadfast

/// Turns and shifts of images, as options.
struct SpatialOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Also turn images by up to so many degrees either way.", valueName: "degrees"))
  var turns: Double?

  @Option(help: ArgumentHelp("Also shift images by up to so many pixels along each axis.", valueName: "pixels"))
  var shifts: Double?

  @Option(help: "Random turns and shifts tried of each image; the worst counts. (default: the run's own, else 10)")
  var draws: Int?

  func validate() throws {
    guard (0...180).contains(turns ?? 0) else { throw ValidationError("--turns must be 0 to 180 degrees") }
    guard (0...1000).contains(shifts ?? 0) else { throw ValidationError("--shifts must be 0 to 1000 pixels") }
    guard (1...10_000).contains(draws ?? 1) else { throw ValidationError("--draws must be 1 to 10000") }
    guard draws == nil || turns != nil || shifts != nil else {
      throw ValidationError("--draws tries no move: say how far with --turns or --shifts")
    }
  }

  /// Nil where none are asked for.
  /// - Parameter own: the run's, whose draws hold where none are given.
  func spatial(beside own: Configuration.Spatial?) -> Configuration.Spatial? {
    guard turns != nil || shifts != nil else { return nil }
    let standard = Configuration.Spatial()
    let ownDraws = own.flatMap { $0.attack == nil ? nil : $0.draws }
    return Configuration.Spatial(
      turns: turns ?? standard.turns, shifts: shifts ?? standard.shifts, draws: draws ?? ownDraws ?? standard.draws)
  }
}
