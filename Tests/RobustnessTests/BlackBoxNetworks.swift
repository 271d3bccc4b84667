import ResidualNets
import TorchCore

@testable import Robustness

/// Counts the images that a network is shown.
final class CountingNetwork: Classifier {
  let network: any Classifier
  private(set) var shown = 0

  init(_ network: any Classifier) { self.network = network }

  var inputShape: [Int] { network.inputShape }
  var classCount: Int { network.classCount }
  var device: Device { network.device }

  func logits(_ pixels: Tensor) throws -> Tensor {
    shown += pixels.size(0)
    return try network.logits(pixels)
  }
}

/// A network that says nothing but which class: 1 for the label and 0 for every other.
struct LabelNetwork: Classifier {
  let network: any Classifier

  var inputShape: [Int] { network.inputShape }
  var classCount: Int { network.classCount }
  var device: Device { network.device }

  func logits(_ pixels: Tensor) throws -> Tensor {
    let logits = try network.logits(pixels)
    return try logits.equal(logits.max([1], keepingDimensions: true)).to(.float32).detached()
  }
}

/// x ↦ W x + b over images 1×height×width.
func linearImageNetwork(_ weight: [[Double]], _ bias: [Double], height: Int, width: Int) throws -> DeployedNetwork {
  try DeployedNetwork(
    inputShape: [1, height, width], body: [Stage("flatten", .flatten)],
    headWeight: Tensor(weight.flatMap { $0.map(Float.init) }, [weight.count, height * width]),
    headBias: Tensor(bias.map(Float.init), [bias.count]))
}

/// The mean of differences over images and its standard error.
func meanAndError(_ differences: [Double]) -> (mean: Double, error: Double) {
  let count = Double(differences.count)
  let mean = differences.reduce(0, +) / count
  let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
  return (mean, (variance / count).squareRoot())
}
