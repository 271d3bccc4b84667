import RandomStreams
import Results
import TorchCore

/// The direction in which a boundary falls away to its adversarial side, from the labels of points around (Chen et al.
/// 2020, equations 9 and 16): Σ (φ_b − φ̄)·u_b with φ_b = ±1 by whether x + δ·u_b is adversarial and u_b on the sphere.
struct BoundaryNormal {
  private let norm: PerturbationNorm
  private let points: Tensor
  private let rows: [Int]
  private let streams: [RandomStream]

  /// - Parameters:
  ///   - points: at the boundary, N×C×H×W.
  ///   - rows: where each stands in the network's batch.
  ///   - streams: one a point, for this estimate.
  init(_ norm: PerturbationNorm, at points: Tensor, rows: [Int], streams: [RandomStream]) {
    (self.norm, self.points, self.rows, self.streams) = (norm, points, rows, streams)
  }

  /// δ of each point: a d-th of its distance, with d pixels; a tenth where nothing is known yet. A pixel must move by
  /// more than fp32 rounds it.
  func radii(distances: [Double], isFirst: Bool) -> [Double] {
    let dimensions = Double(points.shape.dropFirst().reduce(1, *))
    return distances.map { isFirst ? 0.1 : max($0 / dimensions, dimensions.squareRoot() * 0x1p-20) }
  }

  /// Of length 1: in L2 the estimate itself, in L∞ its signs. Zero where no point was asked for.
  ///
  /// - Parameters:
  ///   - counts: B, for each point.
  ///   - radii: δ, for each point.
  func direction(counts: [Int], radii: [Double], network: inout HardLabelNetwork) throws -> Tensor {
    let probes = counts.indices.flatMap { place in (0..<counts[place]).map { (place: place, draw: $0) } }
    // Σ φ·u and Σ u, and Σ φ.
    var signed = try points.flattened().zerosLike()
    var plain = signed
    var votes = counts.map { _ in 0.0 }
    for first in stride(from: 0, to: probes.count, by: Self.probesAtOnce) {
      let some = Array(probes[first..<min(first + Self.probesAtOnce, probes.count)])
      let (directions, isAdversarial) = try asked(some, radii, &network)
      let signs = isAdversarial.map { $0 ? 1.0 : -1 }
      for (probe, sign) in zip(some, signs) { votes[probe.place] += sign }
      signed = try signed + sums(of: directions, some.map(\.place), weights: signs)
      plain = try plain + sums(of: directions, some.map(\.place), weights: signs.map(abs))
    }
    // Where all labels agree there is no contrast, and the mean of the directions itself is taken.
    let means = zip(votes, counts).map { abs($0) == Double($1) ? 0 : $0 / Double($1) }
    let baseline = try Tensor(means, [means.count, 1]).to(.float32).to(points.device)
    let estimate = try (signed - plain * baseline).reshaped(points.shape).channelsLast()
    return try steepestDirection(of: estimate, norm, at: points)
  }

  private static let probesAtOnce = 256

  /// Labels around the points, and the directions as clipping to the box leaves them.
  private func asked(
    _ probes: [(place: Int, draw: Int)], _ radii: [Double], _ network: inout HardLabelNetwork
  ) throws -> (directions: Tensor, isAdversarial: [Bool]) {
    let centres = try points.selectingImages(Tensor(indices: probes.map(\.place)).to(points.device))
    let draws = probes.map { streams[$0.place].stream($0.draw) }
    let shape = Array(points.shape.dropFirst())
    let noise =
      try norm == .l2 ? Tensor.normal(perSample: draws, shape) : Tensor.uniform(perSample: draws, shape) * 2 - 1
    let raw = try noise.to(points.device).channelsLast()
    let radius = try perImage(probes.map { radii[$0.place] }, on: points.device).to(.float32)
    let unit = try raw / raw.norm(2, [1, 2, 3], keepingDimensions: true)
    let tried = try centres.addingProduct(unit, radius).clamped(0, 1)
    let isAdversarial = try network.reaches(tried, rows: probes.map { rows[$0.place] })
    return (try (tried - centres) / radius, isAdversarial)
  }

  /// The weighted sum of the directions that belong to each point, N×d.
  private func sums(of directions: Tensor, _ places: [Int], weights: [Double]) throws -> Tensor {
    var members = Array(repeating: 0.0, count: rows.count * places.count)
    for (probe, place) in places.enumerated() { members[place * places.count + probe] = weights[probe] }
    return try Tensor(members, [rows.count, places.count]).to(.float32).to(points.device)
      .matmul(directions.flattened())
  }
}
