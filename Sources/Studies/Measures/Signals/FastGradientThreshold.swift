import ResidualNets
import Results
import Robustness
import TorchCore

/// How large an L∞ perturbation FGSM needs.
enum FastGradientThreshold {
  /// ε in pixels, ascending by about a fifth each up to 1.
  static func epsilons() throws -> [Rational] {
    var steps = [1]
    while let last = steps.last, last < 1020 { steps.append(min(1020, max(last + 1, last * 6 / 5))) }
    return try steps.map { try Rational($0, over: 1020) }
  }

  /// The smallest listed ε at which FGSM, each ε on its own, fools the network: one for each image that is classified
  /// correctly; infinite where no ε does.
  static func each(_ network: DeployedNetwork, on data: LabelledTensors) throws -> [Double] {
    let epsilons = try epsilons()
    let batch = try AttackBatch(network, pixels: data.pixels, labels: data.labels)
    let successes = try FGSM().curve(batch, .linf, epsilons).map(\.success)
    return batch.cleanCorrect.indices.filter { batch.cleanCorrect[$0] }.map { image in
      successes.firstIndex { $0[image] }.map { epsilons[$0].value } ?? .infinity
    }
  }
}

extension DeployedNetwork {
  /// ‖∇ₓ loss‖₂ at each image, with respect to its pixels.
  /// - Parameter loss: logits N×K → N.
  func inputGradientNorms(_ pixels: Tensor, loss: (Tensor) throws -> Tensor) throws -> [Double] {
    let x = try pixels.asLeaf()
    let gradient = try gradients(of: loss(logits(x)).sum(), withRespectTo: [x])[0] ?? pixels.zerosLike()
    return try gradient.to(.float64).norm(2, [1, 2, 3]).doubles()
  }
}
