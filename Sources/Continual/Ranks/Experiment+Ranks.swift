import Distributed
import Foundation
import TorchCore

extension Experiment {
  /// What every rank but the first does while that one calls ``train(_:in:options:)`` or
  /// ``evaluate(_:adding:options:)``.
  ///
  /// It reads the images itself, and writes nothing. Errors of rank 0 do not reach it: a rank that cannot go on ends
  /// all of them by `Communicator.abort`.
  /// - Throws: `RunError.unusable` where the images are not rank 0's; `DistributedError`, and as `train`.
  @TorchActor
  public static func assist(_ options: RunOptions) throws {
    try assist(options) { try Torch.setThreads($0.compute.threads, sharingCoresWith: options.neighbours) }
  }

  /// The same on a thread of one's own.
  /// - Parameter setThreads: prepares the thread for a session.
  static func assist(_ options: RunOptions, setThreads: (Configuration) throws -> Void) throws {
    var materials: [RunMaterial] = []
    var session: Session?
    while true {
      // Rank 0 says it.
      let work: SharedWork = try options.ranks.broadcast { .end }
      switch work {
      case .open(let text, let folder, let images):
        let configuration = try ConfigurationReader.read(text, path: "rank 0's configuration")
        try setThreads(configuration)
        let material = try RunMaterial(
          configuration, reusing: materials, place: options.place, observer: SilentObserver())
        guard material.digests == images else {
          throw RunError.unusable(
            reason: "rank \(options.ranks.rank) reads other images than rank 0 from \(configuration.data.folder)")
        }
        materials = [material]
        session = try Session(
          configuration, RunFolder(ofRank0: URL(filePath: folder)), material, observer: SilentObserver(),
          interruption: Interruption(), ranks: options.ranks)
      case .train(let lesson): try session?.follow(lesson)
      case .learn(let first, let networks):
        try session?.adopt(networks)
        try session?.learnApart(from: first)
      case .measure(let task, let digests, let networks):
        try session?.adopt(networks)
        try session?.measureTogether(task, digests: digests)
      case .findings(let networks, let issued):
        try session?.adopt(networks)
        session?.issued = issued
        _ = try session.map { try TaskFindings.all($0) }
      case .end: return
      }
    }
  }
}
