import Foundation
import Results
import Testing
import TorchCore

@testable import Continual

/// Whole runs on a graphics processor.
@TorchActor
@Suite(.enabled(if: Device.cudaCount > 0, "there is no CUDA device"))
struct CUDARunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  @Test func adaptersForgetNothingThereEither() throws {
    let configuration = try Configuration.tiny(data.url) {
      $0.compute.device = .cuda(0)
      $0.evaluation.audit = .quick
    }
    let (first, second) = (runs.url.appending(path: "a"), runs.url.appending(path: "b"))
    let results = try Experiment.train(configuration, in: first)
    let clean = try #require(results.accuracy(of: .clean(.taskAware)))
    #expect(clean.accuracy[0, 0] == clean.accuracy[1, 0])
    #expect(try #require(clean.accuracy[1, 1]) > 0.9, "the bars are easy")
    #expect(results.nonForgetting?.verified == true)
    #expect(try Experiment.verify(first).passed)
    #expect(try Experiment.verify(first, options: RunOptions(device: .cpu)).passed, "within a tolerance")

    #expect(try Experiment.train(configuration, in: second).equalsIgnoringSeconds(results))
    #expect(try fingerprint(of: first) == fingerprint(of: second))
  }

  @Test func everyStrategyResumes() throws {
    for kind in [Configuration.Strategy.Kind.adapters, .fineTuning] {
      let configuration = try Configuration.tiny(data.url) {
        $0.compute.device = .cuda(0)
        $0.strategy.kind = kind
        $0.checkpoints.everySteps = 3
      }
      try expectResumed(configuration, in: runs.url.appending(path: "\(kind)"), at: [("learn task 2", 2)])
    }
  }
}
