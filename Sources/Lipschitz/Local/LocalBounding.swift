import OperatorNorms
import ResidualNets
import TorchCore

/// Lower bounds on the margins of one network over balls around images.
struct LocalBounding {
  private let body: [LocalStage]
  private let head: LocalStage
  private let rounding: LocalRounding
  private let classCount: Int

  /// How many numbers the coefficients of linear bounds may hold at once.
  private static let budget = 1 << 23

  /// - Parameters:
  ///   - network: with constants of any type; they are read in double precision.
  ///   - bound: of this very network, which the caller has made sure of; nil leaves balls out behind the image.
  /// - Throws: ``LipschitzError`` naming the first layer that has no local bound, or where `basis` asks for a statement
  ///   about a computation whose rounding has no bound.
  init(_ network: DeployedNetwork, bound: NetworkBound?, basis: CertificateBasis) throws {
    try network.requireComputation(of: basis)
    let exact = try network.mappingTensors { try $0.doublesOnCPU().contiguous() }
    var shape = SampleShape(lengths: network.inputShape)
    let preparation = LocalPreparation(basis: basis)
    body = try preparation.prepare(exact.body, bound?.body, shape: &shape)
    head = try preparation.prepare(
      [Stage("head", .linear(weight: exact.headWeight, bias: exact.headBias))], bound.map { [$0.head] }, shape: &shape)[
        0]
    rounding = LocalRounding(basis: basis)
    classCount = network.classCount
  }

  /// How many nonlinear units the network has.
  var activations: Int { body.reduce(0) { $0 + $1.activations } }

  /// Lower bounds N×K on z_label − z_j over each ball; 0 where j is the label itself.
  /// - Parameters:
  ///   - image: the ball around each image, see `Enclosure.init(pixels:radii:isMaximum:)`.
  ///   - method: any but the global one.
  func margins(over image: Enclosure, labels: [Int], method: LocalMethod) throws -> Tensor {
    let identity = try Tensor.eye(classCount, dtype: .float64)
    let own = try identity.selecting(0, Tensor(indices: labels)).reshaped([labels.count, 1, classCount])
    return try least(own - identity.reshaped([1, classCount, classCount]), over: image, method: method)
  }

  /// Lower bounds N×R on linear functions of the logits; −∞ where the network's own computation may overflow.
  /// - Parameter functions: N×R×K, exact.
  func least(_ functions: Tensor, over image: Enclosure, method: LocalMethod) throws -> Tensor {
    let (features, trail) = try pass(body, from: image, behind: [], narrowing: method == .linearThroughout)
    let (_, last) = try pass([head], from: features, behind: [], narrowing: false)
    let least = try LinearBounds(functions, rounding).least(through: method == .interval ? last : trail + last)
    guard rounding.basis == .singlePrecision, let peak = try (trail + last).peak() else { return least }
    let isHeld = try peak.lessOrEqual(SampleError.singleRange).reshaped([-1, 1])
    return try isHeld.select(least, .full(-.infinity, [], dtype: .float64))
  }

  /// The box and ball of the features.
  func features(over image: Enclosure) throws -> Enclosure {
    try pass(body, from: image, behind: [], narrowing: false).0
  }

  // MARK: - Forward

  /// - Parameters:
  ///   - behind: the stages that lead from the image to here.
  ///   - narrowing: whether the inputs of nonlinear units are bounded by linear bounds too.
  private func pass(
    _ stages: [LocalStage], from image: Enclosure, behind: [RelaxedStage], narrowing: Bool
  ) throws -> (Enclosure, [RelaxedStage]) {
    var values = image
    var passed: [RelaxedStage] = []
    for stage in stages {
      let relaxation: RelaxedStage.Relaxation
      var input = values
      switch stage.kind {
      case .affine(let map):
        let size = try map.size(input.size)
        relaxation = .affine(map, size: size)
        values = try input.past(map, size: size, lipschitz: stage.lipschitz, rounding)
      case .relu:
        if narrowing { input = try narrowed(input, by: behind + passed) }
        relaxation = try .lines(.init(reluOn: input))
        values = try input.pastReLU()
      case .gelu:
        if narrowing { input = try narrowed(input, by: behind + passed) }
        relaxation = try .lines(.init(geluOn: input))
        values = try input.pastGELU(stage.stage, lipschitz: stage.lipschitz)
      case .maxMin(let differences):
        // Exact in any precision: what is computed here alone rounds.
        let apart = try input.past(
          differences, size: differences.size(input.size), lipschitz: 2.0.squareRootUp,
          LocalRounding(basis: .realArithmetic))
        relaxation = try .pairs(
          .init(reluOn: narrowing ? narrowed(apart, by: behind + passed, through: differences, of: input) : apart))
        values = try input.pastMaxMin(stage.stage)
      case .maxPool:
        values = try input.pastMaxPool(stage.stage, lipschitz: stage.lipschitz)
        relaxation = .box(values)
      case .residual(let shortcut, let branch, let scale):
        let (left, first) = try pass(shortcut, from: input, behind: behind + passed, narrowing: narrowing)
        let (right, second) = try pass(branch, from: input, behind: behind + passed, narrowing: narrowing)
        let size = try left.size + right.size * abs(scale) + LocalRounding.underflow
        relaxation = .sum(shortcut: first, branch: second, scale: scale, size: size)
        values = try .sum(left, right, scale: scale, size: size, rounding)
      }
      passed.append(RelaxedStage(input: input, relaxation: relaxation))
    }
    return (values, passed)
  }

  /// The same of an affine map of a layer's values.
  private func narrowed(
    _ values: Enclosure, by trail: [RelaxedStage], through map: AffineMap, of input: Enclosure
  ) throws -> Enclosure {
    let step = try RelaxedStage(input: input, relaxation: .affine(map, size: map.size(input.size)))
    return try narrowed(values, by: trail + [step])
  }

  /// The box of a layer made smaller by linear bounds on those units that may change sign. All units that do so in some
  /// sample are bounded in all, and changed only where they do, so that samples do not depend on their neighbours.
  private func narrowed(_ values: Enclosure, by trail: [RelaxedStage]) throws -> Enclosure {
    let shape = values.lower.shape
    let (samples, units) = (shape[0], shape.dropFirst().reduce(1, *))
    let crosses = try values.lower.less(0).and(values.upper.greater(0))
    let open = try crosses.to(.float64).reshaped([samples, units]).max([0]).doubles().enumerated()
      .filter { $0.element > 0 }.map(\.offset)
    guard !trail.isEmpty, !open.isEmpty else { return values }
    let widest = (trail.map(\.input) + [values]).map { $0.lower.count / samples }.max() ?? units
    let chunk = max(1, Self.budget / (2 * samples * widest))
    var (lower, upper): ([Tensor], [Tensor]) = ([], [])
    for start in stride(from: 0, to: open.count, by: chunk) {
      let part = Array(open[start..<min(open.count, start + chunk)])
      let rows = try Tensor.zeros([part.count, units], dtype: .float64)
        .scattering(1, 1, Tensor(indices: part).reshaped([part.count, 1]))
      let signed = try Tensor.concatenated([rows, rows.negated()])
        .reshaped([1, 2 * part.count] + shape.dropFirst()).expanded([samples, 2 * part.count] + shape.dropFirst())
      let least = try LinearBounds(signed, rounding).least(through: trail)
      lower.append(try least.narrowed(1, from: 0, count: part.count))
      upper.append(try least.narrowed(1, from: part.count, count: part.count).negated())
    }
    let (low, high) = (
      try values.lower.maximum(replacing(open, of: values.lower, by: lower)),
      try values.upper.minimum(replacing(open, of: values.upper, by: upper))
    )
    return try values.narrowed(
      lower: crosses.select(low, values.lower), upper: crosses.select(high, values.upper))
  }

  /// A batch with the units `open` of each sample replaced, in order.
  private func replacing(_ open: [Int], of batch: Tensor, by values: [Tensor]) throws -> Tensor {
    let flat = try batch.flattened()
    let isOpen = Set(open)
    let order = open + (0..<flat.size(1)).filter { !isOpen.contains($0) }
    var places = [Int](repeating: 0, count: order.count)
    for (place, unit) in order.enumerated() { places[unit] = place }
    var parts = values
    if open.count < order.count { parts.append(try flat.selecting(1, Tensor(indices: Array(order[open.count...])))) }
    return try Tensor.concatenated(parts, 1).selecting(1, Tensor(indices: places)).reshaped(batch.shape)
  }
}
