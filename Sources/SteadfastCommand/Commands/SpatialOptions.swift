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

extension SpatialAttack {
  /// Which images stay right, in batches, and how many forward passes they cost.
  /// - Parameter stopIfAsked: called before every batch.
  @TorchActor
  func outcome(
    on network: DeployedNetwork, _ images: TestImages, batchSize: Int, stream: RandomStream,
    stopIfAsked: (_ done: Int) throws -> Void
  ) throws -> (correct: [Bool], queries: [Int]) {
    let (labels, indices) = (images.labels, images.indices)
    var (correct, queries) = ([Bool](), [Int]())
    for start in stride(from: 0, to: labels.count, by: batchSize) {
      try stopIfAsked(start)
      let places = start..<min(start + batchSize, labels.count)
      let batch = try AttackBatch(
        network, pixels: images.pixels(places), labels: Array(labels[places]),
        streams: places.map { stream.stream(indices[$0]) }, preparingGradient: false)
      let result = try perturb(batch)
      correct += result.success.map { !$0 }
      queries += result.queries
    }
    return (correct, queries)
  }
}
