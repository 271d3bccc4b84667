import OperatorNorms
import ResidualNets
import TensorFiles
import TorchCore

/// How far the logits of one image have moved between two networks.
public struct ImageDrift: Sendable, Hashable {
  /// ‖z′ − z‖₂ is at most this in exact arithmetic; rounded outward.
  public let bound: Double
  /// ‖z′ − z‖₂ as computed in double precision, and what rounding may have added to it.
  public let movement: Double
  public let rounding: Double
  /// The class of the largest logit before and after, in double precision.
  public let oldPrediction: Int
  public let newPrediction: Int
  /// Whether the prediction provably is what it was, whatever the new network computed: for every other class j,
  /// z̃_y − z̃_j > ‖w′_y − w′_j‖ · e with z̃ the new head on the old features and e the bound on how far features
  /// moved.
  public let isProven: Bool

  public var stands: Bool { oldPrediction == newPrediction }

  /// Whether what happened contradicts the certificate.
  public var isRefuted: Bool { movement - rounding > bound || (isProven && !stands) }

  /// The same with another bound: below 1, unsound on purpose, so that checks can be shown to catch a wrong bound.
  public func scaled(by factor: Double) -> ImageDrift {
    ImageDrift(
      bound: bound * factor, movement: movement, rounding: rounding, oldPrediction: oldPrediction,
      newPrediction: newPrediction, isProven: isProven)
  }
}

/// A rigorous bound for each image on how far its logits are from those of an older network of the same structure.
///
/// It follows the old network's activations and the constants of both, layer by layer (see `Movement`), and never asks
/// the new network; what the new one says is measured beside it. It holds for the exact functions of the weights, with
/// all rounding of its own computation included, and is 0 for equal networks.
/// - Parameters:
///   - batchSize: how many images go together.
///   - pixels: N×C×H×W in [0, 1] of the images at these places, of `count` in all.
/// - Throws: ``LipschitzError`` naming the first layer that has no bound, or at which the networks are not built alike.
public func logitDrift(
  from old: DeployedNetwork, to new: DeployedNetwork, count: Int, batchSize: Int = 128,
  pixels: (Range<Int>) throws -> Tensor
) throws -> [ImageDrift] {
  try withoutGradients {
    var meter = try DriftMeter(old.inExactDoubles(), new.inExactDoubles())
    return try (0..<count).batches(of: batchSize).flatMap { try meter.measure(pixels($0).doublesOnCPU()) }
  }
}

extension DeployedNetwork {
  fileprivate func inExactDoubles() throws -> DeployedNetwork {
    try mappingTensors { try $0.doublesOnCPU() }
  }

  fileprivate var headStage: Stage { Stage("head", .linear(weight: headWeight, bias: headBias)) }
}

private struct DriftMeter {
  private let old: DeployedNetwork
  private let new: DeployedNetwork
  private let oldBound: NetworkBound
  private let newBound: NetworkBound
  private let body: [StagePair]
  private let head: [StagePair]
  private var oldRows: HeadRows
  private var newRows: HeadRows

  init(_ old: DeployedNetwork, _ new: DeployedNetwork) throws {
    guard old.inputShape == new.inputShape else {
      throw LipschitzError.differentStructure(
        layer: "input", reason: "inputs of \(old.inputShape) became \(new.inputShape)")
    }
    (self.old, self.new) = (old, new)
    (oldBound, newBound) = try (old.lipschitzBound(), new.lipschitzBound())
    var shape = SampleShape(lengths: old.inputShape)
    body = try StagePair.pairs(old.body, oldBound.body, new.body, newBound.body, shape: &shape)
    head = try StagePair.pairs([old.headStage], [oldBound.head], [new.headStage], [newBound.head], shape: &shape)
    oldRows = try HeadRows(weight: old.headWeight, bias: old.headBias)
    newRows = try HeadRows(weight: new.headWeight, bias: new.headBias)
  }

  mutating func measure(_ pixels: Tensor) throws -> [ImageDrift] {
    var path = try Movement(pixels: pixels)
    try path.pass(body)
    let features = path
    try path.pass(head)
    var after = try ForwardError(pixels: pixels)
    try after.pass(new.body, newBound.body, basis: .realArithmetic)
    try after.pass([new.headStage], [newBound.head], basis: .realArithmetic)

    let bounds = try path.distance.doubles().map { $0 * ForwardError.slack }
    let movements = try (after.value - path.old.value).norm(2, [1]).doubles()
    let roundings = try (path.old.double + after.double).doubles().map { $0 * ForwardError.slack }
    let (predictions, nextPredictions) = try (path.old.value.argmax(1).integers(), after.value.argmax(1).integers())
    let proven = try provenPredictions(features, path.old.value, predictions)
    return predictions.indices.map { index in
      ImageDrift(
        bound: bounds[index], movement: movements[index],
        rounding: roundings[index] + movements[index] * Rounding.gamma(old.classCount + 4),
        oldPrediction: predictions[index], newPrediction: nextPredictions[index], isProven: proven[index])
    }
  }

  private mutating func provenPredictions(
    _ features: Movement, _ oldLogits: Tensor, _ predictions: [Int]
  ) throws -> [Bool] {
    let before = try oldLogits.doubles()
    let between = try features.old.value.linear(new.headWeight, new.headBias).doubles()
    let norms = try features.old.norms().doubles()
    let errors = try features.old.double.doubles()
    let distances = try features.distance.doubles()
    let classes = old.classCount
    return try predictions.indices.map { index in
      let (label, row) = (predictions[index], index * classes..<(index + 1) * classes)
      func wins(_ logits: [Double], _ rows: inout HeadRows, distance: Double) throws -> Bool {
        let apart = try rows.distances(from: label)
        return logits.indices.allSatisfy { rival in
          let rounding = rows.rounding(label, rival, logits: logits, featureNorm: norms[index])
          let loss = (apart[rival] * (distance + errors[index]) + rounding) * ForwardError.slack
          return rival == label || logits[label] - logits[rival] > loss
        }
      }
      return try wins(Array(before[row]), &oldRows, distance: 0)
        && wins(Array(between[row]), &newRows, distance: distances[index])
    }
  }
}
