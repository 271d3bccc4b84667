import Lipschitz
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct LesionTests {
  init() throws { try Torch.setThreads(1) }

  /// Two classes as unit vectors, an identity step, a step that swaps them and one that cannot be left out.
  private func profile(labels: [Int]) throws -> LesionProfile {
    let chain = NetworkChain(
      embed: { $0 },
      steps: [
        .init(name: "identity") { $0 }, .init(name: "swap") { try $0.flipped([1]) },
        .init(name: "fixed", keepsShape: false) { try $0 * 2 },
      ], readout: { $0 })
    let data = try LabelledTensors(pixels: Tensor([1.0, 0, 0, 1], [2, 2]), labels: labels)
    return try LesionProfile(chain, on: data, classCount: 2, draws: 3, most: 5, stream: RandomStream(seed: 0))
  }

  @Test func lesionsAreCounted() throws {
    let profile = try profile(labels: [1, 0])
    #expect(profile.intact == 1 && profile.single == [1, 0])
    #expect(profile.keptSingly == [1, -1])
    #expect(profile.keptOfSeveral == [1, 0, -1])
    #expect(profile.largestFall == 1)
  }

  @Test func aNetworkThatLearnedNothingSaysNothing() throws {
    #expect(try profile(labels: [0, 1]).keptSingly.allSatisfy(\.isNaN))
  }

  @Test func theStudyRuns() throws {
    let study = LesionStudy()
    let record = try runOnGeneratedImages(study)
    expectComplete(record, of: study)
    #expect(record.criteria.count == 5 && record.figures.allSatisfy { $0.series.count == 3 })
  }
}
