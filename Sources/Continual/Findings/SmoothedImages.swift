import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// What randomized smoothing certifies of some test images of a task: probabilistic, and of the network under noise.
struct SmoothedImages {
  let settings: Configuration.Smoothing
  let batchSize: Int
  let seed: UInt64
  let observer: any RunObserver
  /// Called before every batch of noisy copies.
  let stopIfAsked: () throws -> Void

  /// Nil where nothing is to be smoothed.
  func record(_ network: DeployedNetwork, _ benchmark: TaskBenchmark, task: Int) throws -> SmoothingRecord? {
    guard settings.sigma > 0 else { return nil }
    let smoothing = settings.smoothing(batchSize: batchSize)
    let sample = try benchmark.sample(settings.images)
    let found = try smoothing.certify(
      network, labels: sample.labels, indices: sample.indices,
      stream: RandomizedSmoothing.stream(seed: seed, network: task),
      pixels: { try sample.pixels.narrowed(0, from: $0.lowerBound, count: $0.count) },
      progress: { observer.progress("smooth \(benchmark.task.name)", done: $0, of: sample.count, unit: "images") },
      stopIfAsked: stopIfAsked)
    return SmoothingRecord(
      task: benchmark.task.name, sigma: settings.sigma, selectionSamples: settings.selectionSamples,
      samples: settings.samples, alpha: settings.alpha, seed: seed,
      soundness: SmoothedCertificates.soundness, inputCount: benchmark.images.shape.sampleCount,
      correct: found.samples.map(\.isCorrect), radius: found.radiiL2,
      probability: found.samples.map(\.probabilityLower))
  }
}

extension Configuration.Smoothing {
  /// - Parameter batchSize: noisy copies at once.
  public func smoothing(batchSize: Int) -> RandomizedSmoothing {
    RandomizedSmoothing(
      sigma: sigma, selectionDraws: selectionSamples, estimationDraws: samples, alpha: alpha, batchSize: batchSize)
  }
}
