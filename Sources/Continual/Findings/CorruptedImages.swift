import Distributed
import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import TensorFiles
import TorchCore

/// How a network answers to corrupted test images: the common corruptions of Hendrycks and Dietterich 2019.
public struct CorruptedImages {
  let settings: Configuration.Corruptions
  let batchSize: Int
  /// Each corruption has a stream of its own, and each image one of that: the same draws at every severity.
  let stream: RandomStream
  /// Called before every batch.
  let stopIfAsked: () throws -> Void

  public init(
    settings: Configuration.Corruptions, batchSize: Int, stream: RandomStream,
    stopIfAsked: @escaping () throws -> Void = {}
  ) {
    self.settings = settings
    self.batchSize = batchSize
    self.stream = stream
    self.stopIfAsked = stopIfAsked
  }

  private var kinds: [Degradation.Kind] { settings.kinds.isEmpty ? Degradation.Kind.allCases : settings.kinds }

  /// The images as they are, then every corruption.
  func records(_ network: DeployedNetwork, _ benchmark: TaskBenchmark) throws -> [CorruptionRecord] {
    try records(network, benchmark.images, task: benchmark.task.name)
  }

  /// The images as they are, then every corruption.
  /// - Parameters:
  ///   - ranks: take corruptions one by one; all of them get all records.
  ///   - progress: told how many corruptions are done, and of how many.
  /// - Throws: `DistributedError`, what `stopIfAsked` throws, `DataError`, `TorchError`.
  public func records(
    _ network: DeployedNetwork, _ images: TaskImages, task: String, over ranks: Communicator = .single,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> [CorruptionRecord] {
    guard settings.images > 0 else { return [] }
    let places = images.spread(settings.images)
    let clean = try correct(network, images, places) { try images.gather($0) }
    let unchanged = CorruptionRecord(
      task: task, corruption: CorruptionRecord.none, severities: [0], counts: [Tally(clean)])
    var done = 0
    progress(done, kinds.count)
    return try [unchanged]
      + ranks.queue(
        count: kinds.count, work: { try record(kinds[$0], network, images, task, places) },
        arrived: { _, _ in
          done += 1
          progress(done, kinds.count)
        })
  }

  private func record(
    _ kind: Degradation.Kind, _ network: DeployedNetwork, _ images: TaskImages, _ task: String, _ places: [Int]
  ) throws -> CorruptionRecord {
    var changes = places.isEmpty
    let counts = try settings.severities.map { severity in
      let degradation = try Degradation(kind, severity: severity)
      let verdicts = try correct(network, images, places) { batch in
        let pixels = try images.gather(batch, degradedBy: degradation, stream.stream(kind.rawValue))
        if !changes { changes = try pixels != images.gather(batch) }
        return pixels
      }
      return Tally(verdicts)
    }
    return CorruptionRecord(
      task: task, corruption: kind.rawValue, severities: settings.severities, counts: changes ? counts : [],
      note: changes ? nil : "changes no sample of these images, which are \(images.shape)")
  }

  /// Per image whether the network is right about what it is given.
  private func correct(
    _ network: DeployedNetwork, _ images: TaskImages, _ places: [Int], samples: ([Int]) throws -> [UInt8]
  ) throws -> [Bool] {
    try withoutGradients {
      try places.indices.batches(of: batchSize).flatMap { some in
        try stopIfAsked()
        let batch = Array(places[some])
        let pixels = try Tensor(
          samples: samples(batch), count: batch.count, shape: images.shape, on: network.device)
        return try Judgement(network, pixels, labels: batch.map { images.targets[$0] }).correct
      }
    }
  }
}
