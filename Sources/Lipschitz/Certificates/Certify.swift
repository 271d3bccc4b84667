import OperatorNorms
import ResidualNets
import Results
import TensorFiles
import TorchCore

/// Certified radii of a batch: min over j of (z_y − z_j) / (L · ‖w_y − w_j‖), L the bound from pixels to features and w
/// the rows of the last layer; a smaller bound on the constant of z_y − z_j takes the place of the product where there
/// is one.
///
/// The margins are those of the given weights in double precision on the CPU, less a running bound on their rounding;
/// the division is rounded inward. A sample is certified only where the network as given is right too. Radii end at the
/// diameter of [0, 1]; in single precision also where a number could overflow (``Certificate/refusal`` where that is at
/// the sample itself).
/// - Parameters:
///   - network: in the precision and on the device that it runs in.
///   - bound: of this very network.
///   - pixels: N×C×H×W in [0, 1].
///   - labels: N, counted from 0.
/// - Throws: ``LipschitzError`` where bound, pixels or labels do not belong to the network, or `basis` asks for a
///   statement about a computation whose rounding has no bound.
public func certify(
  _ network: DeployedNetwork, bound: NetworkBound, pixels: Tensor, labels: [Int],
  basis: CertificateBasis = .realArithmetic, batchSize: Int = 128
) throws -> Certificates {
  try requireSamples(pixels, labels.count, network)
  return try certify(network, bound: bound, labels: labels, basis: basis, batchSize: batchSize) {
    try pixels.narrowed(0, from: $0.lowerBound, count: $0.count)
  }
}

/// The same for images that are fetched batch by batch.
/// - Parameter pixels: N×C×H×W in [0, 1] of the images at these places of `labels`.
/// - Throws: ``LipschitzError`` as above, and what `pixels` throws.
public func certify(
  _ network: DeployedNetwork, bound: NetworkBound, labels: [Int], basis: CertificateBasis = .realArithmetic,
  batchSize: Int = 128, pixels: (Range<Int>) throws -> Tensor
) throws -> Certificates {
  try certify(
    network, bound: bound, labels: labels, basis: basis, batchSize: batchSize, room: .none, pixels: pixels)
}

/// The same with radii that leave room for whoever computes them again in another order.
func certify(
  _ network: DeployedNetwork, bound: NetworkBound, labels: [Int], basis: CertificateBasis, batchSize: Int,
  room: RadiusRoom, pixels: (Range<Int>) throws -> Tensor
) throws -> Certificates {
  try requireClasses(labels, network)
  return try withoutGradients {
    var certifier = try Certifier(network, bound, basis, room)
    var samples: [Certificate] = []
    for places in labels.indices.batches(of: batchSize) {
      let batch = try pixels(places)
      try requireSamples(batch, places.count, network)
      samples += try certifier.certify(batch, Array(labels[places]))
    }
    return Certificates(basis: basis, samples: samples)
  }
}

/// The strongest certificates that the network allows: of its single-precision computation where the rounding of every
/// layer has a bound, else in real arithmetic. ``Certificates/basis`` says which.
/// - Parameter pixels: N×C×H×W in [0, 1] of the images at these places of `labels`; a batch may be asked for twice.
/// - Throws: ``LipschitzError`` where bound, pixels or labels do not belong to the network, and what `pixels` throws.
public func certifyStrongest(
  _ network: DeployedNetwork, bound: NetworkBound, labels: [Int], batchSize: Int = 128,
  pixels: (Range<Int>) throws -> Tensor
) throws -> Certificates {
  try CertificateBasis.strongest {
    try certify(network, bound: bound, labels: labels, basis: $0, batchSize: batchSize, pixels: pixels)
  }
}

extension CertificateBasis {
  /// What is found on the single-precision basis where it is supported, else in real arithmetic.
  static func strongest<Found>(_ find: (CertificateBasis) throws -> Found) throws -> Found {
    do {
      return try find(.singlePrecision)
    } catch LipschitzError.unsupportedBasis {
      return try find(.realArithmetic)
    }
  }
}

/// Certifies batches of one network.
struct Certifier {
  private let network: DeployedNetwork
  private let exact: DeployedNetwork
  private let bound: NetworkBound
  private let basis: CertificateBasis
  private let room: RadiusRoom
  private let inputCount: Int
  private var head: HeadRows

  /// - Throws: ``LipschitzError`` where the bound is another network's, or the basis asks for too much.
  init(
    _ network: DeployedNetwork, _ bound: NetworkBound, _ basis: CertificateBasis, _ room: RadiusRoom = .none
  ) throws {
    try network.requireComputation(of: basis)
    try network.requireIdentity(with: bound)
    self.network = network
    exact = try network.mappingTensors { try $0.doublesOnCPU() }
    self.bound = bound
    self.basis = basis
    self.room = room
    inputCount = network.inputShape.reduce(1, *)
    head = try HeadRows(weight: exact.headWeight, bias: exact.headBias)
  }

  mutating func certify(_ pixels: Tensor, _ labels: [Int]) throws -> [Certificate] {
    let predictions = try network.logits(pixels).argmax(1).integers()
    var state = try ForwardError(pixels: pixels.doublesOnCPU())
    try state.pass(exact.body, bound.body, basis: basis)
    let logits = try state.value.linear(exact.headWeight, exact.headBias).doubles()
    let errors = try state.samples()
    let classes = head.biases.count
    return try labels.indices.map { index in
      let label = labels[index]
      guard predictions[index] == label else {
        return Certificate(label: label, prediction: predictions[index], margin: nil, radiusL2: nil, radiusLinf: nil)
      }
      let point = Point(
        logits: Array(logits[index * classes..<(index + 1) * classes]), error: errors[index])
      return certificate(point, label, distances: try head.distances(from: label))
    }
  }

  private struct Point {
    let logits: [Double]
    /// Of the features.
    let error: SampleError
  }

  private func certificate(_ point: Point, _ label: Int, distances: [Double]) -> Certificate {
    let rivals = point.logits.indices.filter { $0 != label }
    let margin = rivals.map { point.logits[label] - point.logits[$0] }.min() ?? .infinity
    // In exact arithmetic the sample may be misclassified although the network at hand is right.
    guard margin > 0 else {
      return Certificate(label: label, prediction: label, margin: margin, radiusL2: nil, radiusLinf: nil)
    }
    let range =
      basis == .singlePrecision
      ? point.error.distance(within: room.range, rowNorm: head.largestRowNorm, bias: head.largestBias) : .infinity
    guard range > 0 else {
      return Certificate(
        label: label, prediction: label, margin: margin, radiusL2: nil, radiusLinf: nil,
        refusal: "numbers beyond the range of single precision cannot be excluded on the way to its logits")
    }
    let proven = rivals.map { pairRadius(point, label, $0, distances[$0]) }.min() ?? .infinity
    let radius = min(proven, range)
    return Certificate(
      label: label, prediction: label, margin: margin,
      radiusL2: min(radius, PerturbationNorm.l2.largestRadius(inputs: inputCount)),
      radiusLinf: min(max(0, (radius / Double(inputCount).squareRootUp).nextDown), 1))
  }

  /// The largest r for which z_y stays above z_j, rounded inward.
  private func pairRadius(_ point: Point, _ label: Int, _ rival: Int, _ distance: Double) -> Double {
    let error = point.error
    let norms = head.rowNorms[label] + head.rowNorms[rival]
    let biasSum = abs(head.biases[label]) + abs(head.biases[rival])
    let headRounding = head.rounding(label, rival, logits: point.logits, featureNorm: error.norm)
    var loss = (distance * error.double + headRounding) * room.double
    var slope = bound.upper(between: label, and: rival, distance: distance)
    if basis == .singlePrecision {
      let gamma = Rounding.gamma(head.width, unit: ForwardError.singleUnit)
      let reach = error.norm + error.double + error.single
      let rounding = gamma * (norms * reach + biasSum + 1e-20)
      loss += (distance * error.single + rounding) * room.single
      slope += distance * error.singleSlope + gamma * norms * (error.growth + error.singleSlope)
      slope *= ForwardError.slack
    }
    let proven = (point.logits[label] - point.logits[rival]) - loss * ForwardError.slack
    // A comparison with NaN is false, so an overflow on the way proves nothing.
    guard proven > 0 else { return 0 }
    return slope == 0 ? .infinity : max(0, (proven.nextDown / slope).nextDown * room.radius)
  }
}
