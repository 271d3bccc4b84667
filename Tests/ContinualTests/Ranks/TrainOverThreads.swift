import Distributed
import Foundation
import Results
import Testing
import ThreadRanks
import TorchCore

@testable import Continual

/// Runs a session in a folder over so many ranks; rank 0's results.
@TorchActor @discardableResult
func trainOverThreads(
  _ configuration: Configuration, over size: Int, in folder: URL, resuming: Bool = false,
  observer: any RunObserver = SilentObserver(), interruption: Interruption = Interruption()
) throws -> Results {
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  let outcomes = ThreadTransport.run(size) { ranks -> Results? in
    guard ranks.isFirst else {
      try Experiment.assist(RunOptions(ranks: ranks), setThreads: { _ in })
      return nil
    }
    let material = try RunMaterial(configuration, observer: SilentObserver())
    try ranks.lead {
      .open(configuration: try configuration.yaml(), folder: folder.path, images: material.digests)
    }
    let session = try Session(
      configuration, RunFolder(ofRank0: folder), material, observer: observer, interruption: interruption,
      ranks: ranks)
    try session.run(resuming: resuming)
    let results = try session.results()
    try ranks.lead { .end }
    return results
  }
  let results = try outcomes[0].get()
  for other in outcomes.dropFirst() { _ = try other.get() }
  return try #require(results)
}
