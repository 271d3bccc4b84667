import RandomStreams
import ResidualNets
import Results
import TorchCore

@testable import Lipschitz

/// How often each way of attacking is tried on each image.
struct AttemptPlan {
  /// Random starts of gradient steps, each towards every other class, and their steps.
  var starts = 1
  var steps = 6
  /// Random directions, to the sphere.
  var directions = 30
  /// Random corners: every pixel moved by as much, up or down.
  var corners = 20
  /// Points along the gradient of the nearest pair of classes, from near the image to the sphere.
  var along = 12

  /// Ten times as many.
  static let long = AttemptPlan(starts: 3, steps: 20, directions: 300, corners: 200, along: 120)
}

/// Attempts to change a network's answer inside claimed radii, counted one by one.
struct Attempts {
  private(set) var count = 0
  private(set) var successes = 0
  /// By way: attempts and successes.
  private(set) var ways: [String: (count: Int, successes: Int)] = [:]

  /// Points that the rounding of pixels takes out of the ball, or back to the image, are no attempts.
  private(set) var outside = 0

  mutating func attack(
    _ claim: Claim, of network: DeployedNetwork, _ plan: AttemptPlan, _ stream: RandomStream
  ) throws {
    let stream = stream.stream(claim.name)
    let ball = try ClaimedBall(claim)
    for index in 0..<plan.directions {
      try judge(
        ball.moved(by: ball.noise(stream.stream("direction").stream(index)), to: 1), "directions", ball, network)
    }
    for index in 0..<plan.corners {
      let signs = try ball.noise(stream.stream("corner").stream(index)).sign()
      try judge(ball.moved(by: signs, to: 1), "corners", ball, network)
    }
    let nearest = try ball.nearestPair(network)
    for index in 0..<plan.along {
      try judge(ball.moved(by: nearest, to: Double(index + 1) / Double(plan.along)), "nearest pair", ball, network)
    }
    for start in 0..<plan.starts {
      for shift in 1..<network.classCount {
        let stream = stream.stream("start").stream(start).stream(shift)
        var direction = try ball.noise(stream)
        var point = try ball.moved(by: direction, to: start == 0 ? 0.5 : 1)
        for step in 0..<plan.steps {
          let gradient = try ball.steepest(ball.gradient(network, at: point, shift: shift))
          // First all the way, then ever shorter steps.
          direction = try ball.offset(of: point) + gradient * (2 / Double(1 + step))
          point = try ball.moved(by: direction, to: 1)
          try judge(point, "gradient steps", ball, network)
        }
      }
    }
  }

  /// - Parameter point: N×C×H×W in single precision.
  private mutating func judge(
    _ point: Tensor, _ way: String, _ ball: ClaimedBall, _ network: DeployedNetwork
  ) throws {
    let inside = try ball.contains(point)
    let predictions = try withoutGradients { try network.logits(point).argmax(1).integers() }
    let tried = inside.filter(\.self).count
    let fooled = predictions.indices.filter { inside[$0] && predictions[$0] != ball.labels[$0] }.count
    count += tried
    successes += fooled
    outside += inside.count - tried
    let before = ways[way] ?? (0, 0)
    ways[way] = (before.count + tried, before.successes + fooled)
  }

  mutating func add(_ other: Attempts) {
    count += other.count
    successes += other.successes
    outside += other.outside
    ways.merge(other.ways) { ($0.count + $1.count, $0.successes + $1.successes) }
  }
}

/// The balls of a claim, and the ways about in them. Directions are N×C×H×W in double precision.
struct ClaimedBall {
  let labels: [Int]
  private let claim: Claim
  private let pixels: Tensor
  /// N×1×1×1.
  private let radii: Tensor

  init(_ claim: Claim) throws {
    (self.claim, labels, pixels) = (claim, claim.labels, claim.pixels)
    radii = try Tensor(claim.radii, [claim.radii.count, 1, 1, 1])
  }

  func noise(_ stream: RandomStream) throws -> Tensor { try .normal(pixels.shape, stream, dtype: .float64) }

  /// Where a direction meets the share of the ball, just inside; in [0, 1] where the claim is. In single precision.
  func moved(by direction: Tensor, to share: Double) throws -> Tensor {
    // In L∞ every pixel is cut to the radius; in L2 the whole is brought to it.
    let offset = claim.norm == .linf ? try direction.clamped(-1, 1) : try direction / (norms(direction) + 1e-300)
    // Rounding moves a pixel by 2⁻²⁴ at most, and 64 of them by 2⁻²¹.
    let room = try (radii * (share * (1 - 0x1p-18)) - (claim.norm == .linf ? 0x1p-24 : 0x1p-21)).relu()
    let point = try pixels + offset * room
    return try (claim.isInBox ? point.clamped(0, 1) : point).to(.float32)
  }

  /// Whether each point is in its ball as it is, without room, and not the image itself.
  func contains(_ point: Tensor) throws -> [Bool] {
    let offset = try point.to(.float64) - pixels
    let sizes = try claim.norm == .linf ? offset.flattened().abs().max([1]) : norms(offset).reshaped([-1])
    let values = try point.doubles()
    let length = values.count / labels.count
    return try sizes.doubles().enumerated().map { index, size in
      size > 0 && size * (1 + 1e-12) <= claim.radii[index]
        && (!claim.isInBox || values[index * length..<(index + 1) * length].allSatisfy { (0...1).contains($0) })
    }
  }

  /// Where a point lies in its ball, in units of the radius.
  func offset(of point: Tensor) throws -> Tensor { try (point.to(.float64) - pixels) / radii }

  /// The direction of length 1 along which a linear function rises most.
  func steepest(_ gradient: Tensor) throws -> Tensor {
    claim.norm == .linf ? try gradient.sign() : try gradient / (norms(gradient) + 1e-300)
  }

  /// Of z_rival − z_label, the rival so many classes behind the label.
  func gradient(_ network: DeployedNetwork, at point: Tensor, shift: Int) throws -> Tensor {
    try gradient(network, at: point, rivals: labels.map { ($0 + shift) % network.classCount })
  }

  /// Towards that rival whose boundary is nearest where the network is linear.
  func nearestPair(_ network: DeployedNetwork) throws -> Tensor {
    let clean = try pixels.to(.float32)
    let logits = try withoutGradients { try network.logits(clean).doubles() }
    var (best, nearest) = ([Double](repeating: .infinity, count: labels.count), try pixels.zerosLike())
    for shift in 1..<network.classCount {
      let gradient = try gradient(network, at: clean, shift: shift)
      let slopes = try claim.norm == .linf ? gradient.flattened().abs().sum([1]).doubles() : norms(gradient).doubles()
      let isNearer = labels.enumerated().map { index, label in
        let row = index * network.classCount
        let distance = (logits[row + label] - logits[row + (label + shift) % network.classCount]) / slopes[index]
        guard distance < best[index] else { return false }
        best[index] = distance
        return true
      }
      let chosen = try Tensor(isNearer.map { $0 ? 1.0 : 0.0 }, [labels.count, 1, 1, 1]).greater(0)
      nearest = try chosen.select(steepest(gradient), nearest)
    }
    return nearest
  }

  private func gradient(_ network: DeployedNetwork, at point: Tensor, rivals: [Int]) throws -> Tensor {
    let leaf = try point.asLeaf()
    let seed = try Tensor.zeros([labels.count, network.classCount])
      .scattering(-1, 1, Tensor(indices: labels).reshaped([-1, 1]))
      .scattering(1, 1, Tensor(indices: rivals).reshaped([-1, 1]))
    let found = try gradients(of: network.logits(leaf), seed: seed, withRespectTo: [leaf])[0]
    return try found?.to(.float64) ?? pixels.zerosLike()
  }

  private func norms(_ batch: Tensor) throws -> Tensor { try batch.flattened().norm(2, [1]).reshaped([-1, 1, 1, 1]) }
}
