import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Robustness

/// What a task's own network is put through: attacks, moves and certificates.
extension Evaluator {
  /// Of the attacks on each task's own network.
  var attackStream: RandomStream { stream.stream("attacks") }

  /// Every attack of the settings; the ranks share its batches.
  /// - Parameter kept: places of images whose adversarials the readout without the task is asked about.
  func attack(
    _ network: DeployedNetwork, _ benchmark: TaskBenchmark, keeping kept: [Int]
  ) throws -> EvaluationOutcome {
    let plan = EvaluationPlan(
      attacks: attacks, batchSize: settings.batchSize, kept: Set(kept),
      grid: PixelGrid(benchmark.images.shape.depth))
    return try Evaluation(network, plan, stream: attackStream).run(
      labels: benchmark.targets, indices: benchmark.images.indices, pixels: benchmark.pixels, stopIfAsked: stopIfAsked,
      over: ranks)
  }

  /// Per image whether it stays right however it is turned and shifted; nil where that is not asked for.
  func turnAndShift(_ network: DeployedNetwork, _ benchmark: TaskBenchmark) throws -> [Bool]? {
    guard let attack = settings.spatial.attack else { return nil }
    return try attack.evaluate(
      network, labels: benchmark.targets, indices: benchmark.images.indices, batchSize: settings.batchSize,
      stream: attackStream, pixels: benchmark.pixels, stopIfAsked: stopIfAsked, over: ranks
    ).correct
  }

  /// How test images are certified.
  var certification: Certification {
    Certification(
      settings: settings.certification, batchSize: settings.batchSize, note: noteOnce, stopIfAsked: stopIfAsked)
  }

  /// Certificates of all test images, which the ranks share; nil where no size is asked for.
  func certify(
    _ network: DeployedNetwork, _ bound: NetworkBound, _ benchmark: TaskBenchmark
  ) throws -> ImageCertificates? {
    guard !settings.certifiedSizes.isEmpty else { return nil }
    return try certification.certificates(
      network, bound: bound, labels: benchmark.targets, norms: Set(settings.certifiedSizes.map(\.norm)),
      over: ranks, pixels: benchmark.pixels)
  }
}
