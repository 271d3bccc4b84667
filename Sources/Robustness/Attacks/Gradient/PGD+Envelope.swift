import Results
import TorchCore

extension PGD {
  /// An envelope over several sizes is found by bisection, each image at sizes of its own: one that falls in a ball
  /// counts as fallen in every larger one, one that withstands as standing in every smaller one. So the list is not
  /// ascended size by size, and an image is attacked about log₂ of the sizes' number times. Every figure is a search of
  /// full length in the ball where it was made.
  public func curve(
    _ batch: AttackBatch, _ norm: PerturbationNorm, _ epsilons: [Rational], form: CurveRecord.Form,
    before: (PerturbationBall) throws -> Void
  ) throws -> [AttackResult] {
    try check()
    let balls = try Self.balls(norm, epsilons)
    guard form == .envelope, balls.count > 1, batch.count > 0 else {
      return try Self.results(balls, form) { ball, smaller in
        try before(ball)
        return try perturb(batch, within: ball, carrying: smaller)
      }
    }
    var envelope = PGDEnvelope(batch, balls)
    while let places = envelope.middles {
      try before(balls[places.max() ?? 0])
      let set = try FeasibleSet(norm, around: batch.pixels, radii: places.map { balls[max($0, 0)].radius })
      var search = try AttackSearch(batch, set, carrying: envelope.closed)
      try runAll(&search)
      envelope.note(try search.result(), at: places)
    }
    return try envelope.results()
  }
}

/// Which of ascending balls each image of a batch falls in, between those that it withstood and the smallest that it
/// fell in.
private struct PGDEnvelope {
  private let batch: AttackBatch
  private let balls: [PerturbationBall]
  /// So many of the first balls were withstood.
  private var withstood: [Int]
  /// The first ball that the image fell in; their number where it fell in none.
  private var fallen: [Int]
  /// What was tried, in order, and the ball of each image in it, negative where it was not tried.
  private var rounds: [(result: AttackResult, places: [Int])] = []

  init(_ batch: AttackBatch, _ balls: [PerturbationBall]) {
    self.batch = batch
    self.balls = balls
    withstood = Array(repeating: 0, count: batch.count)
    fallen = batch.isOpen.map { $0 ? balls.count : 0 }
  }

  /// The ball that is to be tried for each image, negative where nothing is open; nil where nothing is open at all.
  var middles: [Int]? {
    let places = withstood.indices.map { image in
      withstood[image] < fallen[image] ? (withstood[image] + fallen[image]) / 2 : -1
    }
    return places.contains { $0 >= 0 } ? places : nil
  }

  /// Images with nothing open, as a search takes them: nothing is spent on those.
  var closed: AttackResult {
    var closed = AttackResult.unperturbed(batch)
    closed.success = withstood.indices.map { withstood[$0] >= fallen[$0] }
    return closed
  }

  mutating func note(_ result: AttackResult, at places: [Int]) {
    for (image, place) in places.enumerated() where place >= 0 {
      if result.success[image] { fallen[image] = place } else { withstood[image] = place + 1 }
    }
    rounds.append((result, places))
  }

  /// One for each ball.
  func results() throws -> [AttackResult] {
    let total = rounds.reduce(SearchEffort(count: batch.count)) { $0 + $1.result.effort }
    return try balls.indices.map { ball in
      var result = AttackResult.unperturbed(batch)
      var queries = result.queries
      for round in rounds {
        // The adversarial of the first ball that an image fell in; else the point of highest loss in the largest ball
        // that was withstood, which is that of a later round.
        let taken = batch.labels.indices.map { image -> Bool in
          let place = round.places[image]
          guard place >= 0, place <= ball else { return false }
          return round.result.success[image] ? place == fallen[image] : !(fallen[image] <= ball)
        }
        result = try result.taking(taken, from: round.result)
        for image in taken.indices where round.places[image] == ball {
          queries[image] = round.result.queries[image]
        }
      }
      result.effort = total
      result.effort.queries = queries
      return result
    }
  }
}
