import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

extension DeployedNetwork {
  /// Certificates for images of the network's classes, of the single-precision computation where its rounding can be
  /// bounded; nil where the network has a layer that has no bound.
  func certificates(_ pixels: Tensor, labels: [Int], batchSize: Int) throws -> Certificates? {
    let bound: NetworkBound
    do {
      bound = try lipschitzBound()
    } catch is LipschitzError {
      return nil
    }
    do {
      return try certify(
        self, bound: bound, pixels: pixels, labels: labels, basis: .singlePrecision, batchSize: batchSize)
    } catch LipschitzError.unsupportedBasis {
      return try certify(
        self, bound: bound, pixels: pixels, labels: labels, basis: .realArithmetic, batchSize: batchSize)
    }
  }
}

extension Certificates {
  func isCertified(at epsilon: Rational) -> [Bool] { samples.map { $0.certifies(epsilon, norm: .l2) } }
}

extension LipschitzRecord {
  /// Bounds of a task's network, with a lower bound from Jacobians at some of its test images.
  init(_ network: DeployedNetwork, _ benchmark: TaskBenchmark, lowerBoundImages: Int, stream: RandomStream) throws {
    let name = benchmark.task.name
    do {
      let bound = try network.lipschitzBound()
      let lower = try lipschitzLowerBound(
        of: network, pixels: benchmark.pixels(0..<min(lowerBoundImages, benchmark.count)), stream: stream)
      self.init(
        task: name, upper: bound.upper, lower: lower.value,
        blocks: bound.blocks.map { Block(name: $0.name, upper: $0.upper) })
    } catch let error as LipschitzError {
      self.init(task: name, upper: nil, lower: nil, blocks: [], note: "\(error)")
    }
  }
}

extension BracketRecord {
  /// Certified radius and nearest adversarial of some test images of a task.
  init(
    _ network: DeployedNetwork, _ benchmark: TaskBenchmark, images count: Int, batchSize: Int
  ) throws {
    let count = min(count, benchmark.count)
    let places = (0..<count).map { $0 * benchmark.count / max(count, 1) }
    let indices = places.map { benchmark.task.test[$0] }
    let (pixels, targets) = (try benchmark.images.pixels(indices, on: benchmark.device), benchmark.targets)
    let labels = places.map { targets[$0] }
    let found = try MinimalEpsilon().search(AttackBatch(network, pixels: pixels, labels: labels))
    let certificates = try network.certificates(pixels, labels: labels, batchSize: batchSize)
    self.init(
      task: benchmark.task.name, norm: .l2, attack: "pgd",
      certifiedRadius: certificates?.radiiL2 ?? Array(repeating: nil, count: count), attackDistance: found.distances,
      images: indices.map { benchmark.images.paths[$0] }, soundness: certificates?.basis.rawValue)
  }
}
