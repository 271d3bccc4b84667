import Crypto
import ResidualNets
import TensorFiles
import TorchCore

extension DeployedNetwork {
  /// SHA-256 of the network as it runs, as lower-case hexadecimal: of its input shape, of every operation with its name
  /// and numbers, and of the type, shape and bytes of every constant, in order. It does not depend on the device.
  public func digest() throws -> String {
    var hash = SHA256()
    func absorb(_ text: String) { hash.update(data: Array("\(text)\n".utf8)) }
    absorb("\(inputShape)")
    for stage in stages { stage.describe(depth: 0, absorb) }
    _ = try mappingTensors { constant in
      let host = try constant.detached().host()
      absorb("\(host.elementType.rawValue) \(host.shape)")
      hash.update(data: host.bytes)
      return constant
    }
    return hash.finalize().hexadecimal
  }
}

extension Stage {
  /// Its operation with name and numbers, and those of the stages inside it, a line each.
  func describe(depth: Int, _ absorb: (String) -> Void) {
    let numbers = numbers.map { String($0.bitPattern, radix: 16) }
    absorb("\(depth) \(name.debugDescription) \(operation.kind) \(numbers)")
    for (place, part) in parts.enumerated() {
      absorb("\(depth) part \(place)")
      for stage in part { stage.describe(depth: depth + 1, absorb) }
    }
  }

  /// The stages inside, by part.
  private var parts: [[Stage]] {
    switch operation {
    case .residual(let shortcut, let branch, _): [shortcut, branch]
    case .highway(let shortcut, let gate, let branch): [shortcut, gate, branch]
    case .implicit(let branch, _): [branch]
    case .normalize, .convolution, .linear, .affine, .groupNorm, .relu, .maxMin, .maxPool, .averagePool,
      .globalAveragePool, .flatten, .scale, .patches, .offset, .layerNorm, .gelu, .attention, .tokenMean:
      []
    }
  }
}

enum SampleDigest {
  /// SHA-256 of each sample of a batch N×…, in single precision.
  static func digests(_ pixels: Tensor) throws -> [String] {
    let host = try pixels.detached().to(.float32).host()
    let count = pixels.size(0)
    let length = host.bytes.count / max(1, count)
    return (0..<count).map { SHA256.hash(data: host.bytes[$0 * length..<($0 + 1) * length]).hexadecimal }
  }
}
