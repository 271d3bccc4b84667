import TorchCore

/// What an attack found of adversaries planted around many images.
struct PlantedHunt {
  private let planted: PlantedAdversary
  private let attack: PGD
  private(set) var found: [Bool] = []
  /// Whether one of as many random points of the ball's boundary as the attack has gradients is an adversary too.
  private(set) var byChance: [Bool] = []
  private(set) var unplanted = 0

  init(_ planted: PlantedAdversary, _ attack: PGD) {
    self.planted = planted
    self.attack = attack
  }

  /// Plants an adversary around each image of the batch and lets the attack look for it.
  mutating func search(_ network: any FeatureClassifier, _ batch: AttackBatch, within ball: PerturbationBall) throws {
    let streams = try batch.streams("planted")
    for (place, stream) in streams.enumerated() {
      let image = try batch.pixels.narrowed(0, from: place, count: 1).channelsLast()
      guard let site = try planted.plant(in: network, around: image, within: ball, stream: stream) else {
        unplanted += 1
        continue
      }
      let result = try attack.perturb(
        site.classifier, pixels: image, labels: [0], within: ball, streams: [stream.stream("attack")])
      found.append(result.success[0])
      let draws = attack.steps * attack.starts.count
      let points = try PlantedAdversary.boundaryPoints(draws, around: image, ball, stream.stream("chance"))
      let verdict = try Judgement(site.classifier, points, labels: Array(repeating: 0, count: draws))
      byChance.append(verdict.correct.contains(false))
    }
  }
}
