import TensorFiles
import TorchCore

/// An adversarial image that was asked for.
public struct KeptAdversarial: Sendable, Codable {
  /// The image's place in the order of evaluation.
  public var place: Int
  public var attack: String
  public var ball: PerturbationBall
  public var label: Int
  public var cleanPrediction: Int
  public var prediction: Int
  public var success: Bool
  /// C×H×W, fp32, in [0, 1].
  public var clean: HostTensor
  public var adversarial: HostTensor

  /// - Parameters:
  ///   - row: of the sample in the batch.
  ///   - place: of the image in the order of evaluation.
  public init(
    _ result: AttackResult, _ batch: AttackBatch, row: Int, _ place: Int, _ attack: String, _ ball: PerturbationBall
  ) throws {
    try self.init(result, batch, row: row, place, attack, ball, clean: Self.image(batch.pixels, row))
  }

  /// - Parameter clean: the sample as it is, which all that is kept of it has in common.
  init(
    _ result: AttackResult, _ batch: AttackBatch, row: Int, _ place: Int, _ attack: String, _ ball: PerturbationBall,
    clean: HostTensor
  ) throws {
    self.place = place
    self.attack = attack
    self.ball = ball
    label = batch.labels[row]
    cleanPrediction = batch.cleanPredictions[row]
    prediction = result.predictions[row]
    success = result.success[row]
    self.clean = clean
    adversarial = try Self.image(result.adversarial, row)
  }

  /// C×H×W, one of N×C×H×W.
  static func image(_ pixels: Tensor, _ row: Int) throws -> HostTensor {
    try pixels.narrowed(0, from: row, count: 1).reshaped(Array(pixels.shape.dropFirst())).host()
  }
}
