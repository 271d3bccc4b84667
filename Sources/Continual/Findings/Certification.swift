import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

extension DeployedNetwork {
  /// The strongest certificates that there are for a task's test images; nil where a layer has no bound.
  func certificates(on benchmark: TaskBenchmark, batchSize: Int) throws -> Certificates? {
    guard case .success(let bound) = try boundOrReason() else { return nil }
    return try certifyStrongest(
      self, bound: bound, labels: benchmark.targets, batchSize: batchSize, pixels: benchmark.pixels)
  }

  /// The network's bound, or why it has none.
  func boundOrReason() throws -> Result<NetworkBound, LipschitzError> {
    do {
      return .success(try lipschitzBound())
    } catch let error as LipschitzError {
      return .failure(error)
    }
  }
}

extension Certificates {
  func isCertified(at epsilon: Rational) -> [Bool] { samples.map { $0.certifies(epsilon, norm: .l2) } }
}

extension LipschitzRecord {
  /// The bound of a task's network, with a lower bound from secants around some of its test images.
  init(
    _ network: DeployedNetwork, _ bound: Result<NetworkBound, LipschitzError>, _ benchmark: TaskBenchmark,
    lowerBoundImages: Int, stream: RandomStream
  ) throws {
    let name = benchmark.task.name
    do {
      let bound = try bound.get()
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
  /// - Parameter bound: of the network; nil where it has none, and so no certificates.
  init(
    _ network: DeployedNetwork, _ bound: NetworkBound?, _ benchmark: TaskBenchmark, images count: Int, batchSize: Int
  ) throws {
    let sample = try benchmark.sample(count)
    func pixels(_ places: Range<Int>) throws -> Tensor {
      try sample.pixels.narrowed(0, from: places.lowerBound, count: places.count)
    }
    let certificates = try bound.map { bound in
      try certifyStrongest(network, bound: bound, labels: sample.labels, batchSize: batchSize, pixels: pixels)
    }
    try self.init(
      task: benchmark.task.name, of: network, labels: sample.labels,
      radii: certificates?.radiiL2 ?? Array(repeating: nil, count: sample.count),
      images: sample.places.map(benchmark.images.path), soundness: certificates?.basis.rawValue,
      batchSize: batchSize, pixels: pixels)
  }
}
