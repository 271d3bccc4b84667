import RandomStreams
import Results
import TorchCore

/// The best points that ``Square`` has found so far, packed, with all that belongs to each.
struct SquareSearch {
  private let rows: LiveRows
  private let set: FeasibleSet
  private let objective: AttackObjective
  private let streams: [RandomStream]
  /// N×C×H×W, and the loss of each, N.
  private var points: Tensor
  private var losses: Tensor

  /// - Parameters:
  ///   - objective: over the search's whole batch.
  ///   - streams: one for each sample of the batch.
  init(_ search: AttackSearch, _ objective: AttackObjective, streams: [RandomStream]) throws {
    let live = search.live
    let places = try Tensor(indices: live).to(search.set.clean.device)
    rows = LiveRows(live)
    set = try search.set.selecting(places)
    self.objective = try objective.selecting(places)
    self.streams = live.map { streams[$0] }
    points = set.clean
    losses = try Tensor.full(-.infinity, [live.count], device: points.device)
  }

  private init(_ other: SquareSearch, _ rows: LiveRows, places: Tensor) throws {
    self.rows = rows
    set = try other.set.selecting(places)
    objective = try other.objective.selecting(places)
    streams = try places.integers().map { other.streams[$0] }
    points = try other.points.selectingImages(places)
    losses = try other.losses.selecting(0, places)
  }

  func packed(to live: [Int]) throws -> SquareSearch {
    guard let (rows, places) = try rows.packed(to: live, on: points.device) else { return self }
    return try SquareSearch(self, rows, places: places)
  }

  /// Spends one query on each sample and keeps the candidates that are better.
  mutating func judge(_ candidates: Tensor, in search: inout AttackSearch) throws {
    let found = try search.judge(candidates, rows: rows.rows, objective, keepingBest: false).losses
    let isBetter = try found.greater(losses)
    losses = try isBetter.select(found, losses)
    points = try isBetter.perImage().select(candidates, points)
  }

  /// Tells the search of the best point of every sample.
  func report(to search: inout AttackSearch) throws { try search.keep(points, rows: rows.rows, losses: losses) }

  /// Where the search begins: L∞: vertical stripes of ±ε in every channel; L2: a grid of windows, five by five where
  /// the image is square.
  func start() throws -> Tensor {
    let (channels, width) = (points.size(1), points.size(3))
    switch set.norm {
    case .linf, .l1:
      let stripes = try randomDirections(.linf, streams.map { $0.stream(0) }, [channels, 1, width], on: points.device)
      return try set.project(set.clean.addingProduct(stripes, set.stepRadii()))
    case .l2:
      return try atFullLength(
        SquareTiling(height: points.size(2), width: width).perturbations(
          channels: channels, streams.map { $0.stream(0) }, on: points.device))
    }
  }

  /// The points of one query, with squares that cover a share of the image.
  func candidates(query: Int, share: Double) throws -> Tensor {
    let draws = streams.map { $0.stream(query) }
    let (height, width) = (points.size(2), points.size(3))
    let wanted = max(Int((share * Double(height * width)).squareRoot().rounded()), set.norm == .l2 ? 3 : 1)
    // The windows of L2 have a middle row; neither kind is larger than the image.
    let side = min(set.norm == .l2 ? wanted | 1 : wanted, height, width)
    return try set.norm == .l2 ? windowMoves(draws, side: side) : squareMoves(draws, side: side)
  }

  /// Algorithm 2: 2ε with one sign a channel, added in a square and clipped to the ball, so that the square is at ±ε.
  private func squareMoves(_ draws: [RandomStream], side: Int) throws -> Tensor {
    let square = try SquareWindows(side: side, first: true, draws, like: points).mask()
    let signs = try channelSigns(draws)
    return try set.project(points.addingProduct(square * signs, set.stepRadii(), scale: 2))
  }

  /// Algorithm 3: what the perturbation has in two windows, and what the ball has to spare, moves to the first window,
  /// there along the old perturbation plus a new bump. Norms with a channel each, but for the share of the windows, for
  /// which AutoAttack's code takes all channels together; the perturbation is brought to the length ε in the end.
  private func windowMoves(_ draws: [RandomStream], side: Int) throws -> Tensor {
    let window = try SquareWindows(side: side, first: true, draws, like: points)
    let target = try window.mask()
    let union = try target.maximum(SquareWindows(side: side, first: false, draws, like: points).mask())
    let shift = try points - set.clean
    let old = try shift * target
    let bump = try window.bumps(isTurned: draws.map { $0.bits(at: 4) >> 63 == 1 })
    let direction = try bump * channelSigns(draws) + old / lengths(old, [2, 3])
    let spare = try set.stepRadii().squared() - shift.squared().sum([1, 2, 3], keepingDimensions: true)
    let held = try (shift * union).squared().sum([1, 2, 3], keepingDimensions: true)
    let available = try (spare.clamped(0, .infinity) / Double(points.size(1)) + held).sqrt()
    return try atFullLength(shift - shift * union + direction / lengths(direction, [2, 3]) * available)
  }

  /// The clean images plus perturbations that are scaled to the length ε, in the box.
  private func atFullLength(_ shift: Tensor) throws -> Tensor {
    try set.project(set.clean.addingProduct(shift / lengths(shift, [1, 2, 3]), set.stepRadii()))
  }

  private func lengths(_ shift: Tensor, _ dimensions: [Int]) throws -> Tensor {
    try shift.norm(2, dimensions, keepingDimensions: true) + 1e-12
  }

  /// +1 or −1 for each channel, N×C×1×1.
  private func channelSigns(_ draws: [RandomStream]) throws -> Tensor {
    let channels = points.size(1)
    let signs = draws.flatMap { draw in (0..<channels).map { Float(draw.bits(at: 5 + UInt64($0)) >> 63 == 1 ? 1 : -1) }
    }
    return try Tensor(signs, [draws.count, channels, 1, 1]).to(points.device)
  }
}
