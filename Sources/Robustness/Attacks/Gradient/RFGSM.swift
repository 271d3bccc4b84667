import Results
import TorchCore

/// FGSM after a random step (Tramèr et al. 2018): x' = x + ε/2·d with d a random direction, the signs of normal noise
/// in L∞, and from there one step of the remaining ε/2 up the cross-entropy. The random step leaves the neighbourhood
/// of the image, where a defence may have made gradients useless.
public struct RFGSM: Attack {
  public init() {}

  public var name: String { AttackKind.rFGSM.rawValue }
  public func settings(classes: Int) -> String {
    "a random step of ε/2, then one of ε/2 along the gradient of the cross-entropy"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    guard batch.count > 0 else { return .unperturbed(batch) }
    let set = try FeasibleSet(ball, around: batch.pixels)
    var search = try AttackSearch(batch, set, carrying: smaller)
    guard !search.live.isEmpty else { return try search.result() }
    let direction = try randomDirections(
      ball.norm, batch.streams("r-fgsm"), batch.network.inputShape, on: batch.pixels.device)
    let start = try set.project(batch.pixels.addingProduct(direction, set.stepRadii() * 0.5))
    try search.ascend(
      SteppedAscent(steps: 1, stepSize: .relative(factor: 0.5), loss: .crossEntropy), from: start)
    return try search.result()
  }
}
