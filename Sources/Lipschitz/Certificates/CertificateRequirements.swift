import ResidualNets
import TorchCore

// What certificates ask of images, labels and networks.

func requireSamples(_ pixels: Tensor, _ labels: Int, _ network: DeployedNetwork) throws {
  guard pixels.shape == [labels] + network.inputShape else {
    throw LipschitzError.invalidSamples(
      reason: "\(labels) labels, pixels \(pixels.shape), network input \(network.inputShape)")
  }
}

func requireClasses(_ labels: [Int], _ network: DeployedNetwork) throws {
  guard labels.allSatisfy({ (0..<network.classCount).contains($0) }) else {
    throw LipschitzError.invalidSamples(reason: "a label is outside 0..<\(network.classCount)")
  }
}

extension DeployedNetwork {
  /// Whether its own computation is one that ``ForwardError`` knows: in single precision, or better, on the CPU.
  var computesInSinglePrecisionOnCPU: Bool {
    get throws { try headWeight.device == .cpu && [.float32, .float64].contains(headWeight.dtype) }
  }

  func requireComputation(of basis: CertificateBasis) throws {
    guard try basis == .realArithmetic || computesInSinglePrecisionOnCPU else {
      throw LipschitzError.unsupportedBasis(reason: "the network does not run in single precision on the CPU")
    }
  }
}
