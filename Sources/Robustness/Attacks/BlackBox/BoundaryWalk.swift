import RandomStreams
import Results
import TorchCore

/// The search of ``HopSkipJump``: for each sample a point at the boundary, on its adversarial side, that comes nearer
/// to the clean image round by round. It asks for labels and nothing else.
struct BoundaryWalk {
  let norm: PerturbationNorm
  private var network: HardLabelNetwork
  private let streams: [RandomStream]
  private let budget: [Int]
  /// The whole batch.
  private let pixels: Tensor
  /// The samples that are walked for, of which each has an adversarial; all that follows is of these.
  private let rows: [Int]
  private let clean: Tensor
  private var current: Tensor
  private var distances: [Double]
  private var nearest: Tensor
  private var nearestDistances: [Double]

  /// Finds adversarials for each sample and goes from there to the boundary; the walk begins at the nearest of them.
  /// The region of all other classes is not convex, and a walk ends at the boundary of the class in which it began.
  ///
  /// - Parameters:
  ///   - pixels: the whole batch.
  ///   - streams: one for each sample of the batch.
  ///   - rows: the samples to attack.
  ///   - starts: at least 1; those after the first while less than a tenth of a sample's questions is spent.
  init(
    _ network: HardLabelNetwork, _ pixels: Tensor, _ norm: PerturbationNorm, streams: [RandomStream], rows: [Int],
    starts: Int
  ) throws {
    var network = network
    let budget = network.remaining
    var best = pixels
    var bestDistances = budget.map { _ in Double.infinity }
    var wanted = rows
    for start in 0..<starts where !wanted.isEmpty {
      let noise = try BlendedNoise(
        network: &network, pixels, streams: streams.map { $0.stream("start").stream(start) }, rows: wanted)
      let ends = try Self.boundary(noise, pixels, norm, &network)
      let found = try Robustness.distances(norm, ends, from: pixels)
      let sources = places(of: noise.rows, among: budget.count)
      let isNearer = found.indices.map { sources[$0] != nil && found[$0] < bestDistances[$0] }
      best = try sampleMask(isNearer, like: best).select(ends, best)
      for row in isNearer.indices where isNearer[row] { bestDistances[row] = found[row] }
      wanted = noise.rows.filter { 10 * (budget[$0] - network.remaining[$0]) < budget[$0] }
    }
    let started = rows.filter { bestDistances[$0] < .infinity }
    let places = try Tensor(indices: started).to(pixels.device)
    self.norm = norm
    self.pixels = pixels
    self.budget = budget
    self.rows = started
    self.streams = started.map { streams[$0] }
    self.network = network
    clean = try pixels.selectingImages(places)
    current = try best.selectingImages(places)
    distances = started.map { bestDistances[$0] }
    (nearest, nearestDistances) = (current, distances)
  }

  /// Where the ways from some starts leave the class, at their places in the whole batch.
  private static func boundary(
    _ start: BlendedNoise, _ pixels: Tensor, _ norm: PerturbationNorm, _ network: inout HardLabelNetwork
  ) throws -> Tensor {
    let clean = try pixels.selectingImages(Tensor(indices: start.rows).to(pixels.device))
    let blended = try WayToBoundary(.l2, clean: clean, rows: start.rows)
      .end(start.points, tolerance: 0x1p-10, network: &network)
    let ends = try WayToBoundary(norm, clean: clean, rows: start.rows)
      .end(blended, tolerance: WayToBoundary.tolerance(norm, clean), network: &network)
    return try pixels.replacingImages(places(of: start.rows, among: pixels.size(0)), by: ends)
  }

  /// Questions asked about each sample of the batch.
  var queries: [Int] { zip(budget, network.remaining).map(-) }

  /// Whether each sample of the batch has an adversarial.
  var hasAdversarial: [Bool] { places(of: rows, among: budget.count).map { $0 != nil } }

  /// The nearest adversarials, and the clean images of samples that have none.
  func wholeBatch() throws -> Tensor {
    try pixels.replacingImages(places(of: rows, among: budget.count), by: nearest)
  }

  /// One round: the normal, a step along it, and back to the boundary.
  ///
  /// - Parameters:
  ///   - round: from 1.
  ///   - estimate: points that the estimate of the normal takes, where a sample can still pay for them.
  /// - Returns: false where no sample could.
  mutating func advance(round: Int, estimate: Int) throws -> Bool {
    let tolerance = WayToBoundary.tolerance(norm, clean)
    let reserve = WayToBoundary.steps(tolerance) + 8
    let counts = rows.map { max(0, min(estimate, network.remaining[$0] - reserve)) }
    guard counts.contains(where: { $0 > 0 }) else { return false }
    let normal = BoundaryNormal(norm, at: current, rows: rows, streams: streams.map { $0.stream(round) })
    let direction = try normal.direction(
      counts: counts, radii: normal.radii(distances: distances, isFirst: round == 1), network: &network)
    let (stepped, isStepped) = try step(direction, isOpen: counts.map { $0 > 0 }, round: round)
    let ends = try WayToBoundary(norm, clean: clean, rows: rows)
      .end(stepped, tolerance: tolerance, isOpen: isStepped, network: &network)
    current = try sampleMask(isStepped, like: current).select(ends, current)
    distances = try Robustness.distances(norm, current, from: clean)
    let isNearer = zip(distances, nearestDistances).map(<)
    nearest = try sampleMask(isNearer, like: nearest).select(current, nearest)
    nearestDistances = zip(distances, nearestDistances).map(min)
    return true
  }

  /// A step of d/√t along the direction, d the distance, halved until it ends at an adversarial.
  private mutating func step(
    _ direction: Tensor, isOpen: [Bool], round: Int
  ) throws -> (points: Tensor, isStepped: [Bool]) {
    var sizes = distances.map { $0 / Double(round).squareRoot() }
    var isStepped = Array(repeating: false, count: rows.count)
    var points = current
    // Below 2⁻²⁰ of the first length a step moves nothing.
    for _ in 0..<20 {
      let isAsked = zip(isOpen, isStepped).map { $0 && !$1 }
      guard isAsked.contains(true) else { break }
      let lengths = try perImage(sizes, on: current.device).to(.float32)
      let tried = try current.addingProduct(direction, lengths).clamped(0, 1)
      let isAdversarial = try network.reaches(tried, rows: rows, isAsked: isAsked)
      points = try sampleMask(isAdversarial, like: points).select(tried, points)
      isStepped = zip(isStepped, isAdversarial).map { $0 || $1 }
      sizes = sizes.map { $0 / 2 }
    }
    return (points, isStepped)
  }
}
