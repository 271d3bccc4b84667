import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct NonForgettingTests {
  init() throws { try Torch.setThreads(1) }

  @Test func ranksCorrelate() {
    #expect(rankCorrelation([1, 2, 30], [-5, 0, 0.1]) == 1)
    #expect(rankCorrelation([1, 2, 3], [3, 2, 1]) == -1)
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
    #expect(abs(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4]) - 4.5 / 22.5.squareRoot()) < 1e-15)
    #expect(rankCorrelation([1, 1], [1, 2]) == 0 && rankCorrelation([1], [1]).isNaN)
  }

  /// Spearman's own formula, 1 − 6 Σd²/(n(n² − 1)), where no two are equal.
  @Test(arguments: 0..<20) func ranksFollowSpearmansFormula(seed: UInt64) {
    let stream = RandomStream(seed: seed)
    let n = 3 + Int(seed)
    let (a, b) = (stream.stream("a").permutation(n), stream.stream("b").permutation(n))
    let squares = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let expected = 1 - 6 * Double(squares) / Double(n * (n * n - 1))
    #expect(abs(rankCorrelation(a.map { exp(Double($0)) }, b.map(Double.init)) - expected) < 1e-12, "seed \(seed)")
  }

  private func images(classCount: Int) throws -> StudyImages {
    let labels = (0..<3 * classCount).map { $0 % classCount }
    let data = try LabelledTensors(pixels: Tensor(labels.map(Float.init), [labels.count, 1, 1, 1]), labels: labels)
    return StudyImages(
      train: data, test: data, statistics: PixelStatistics(mean: [0], std: [1]), inputShape: [1, 1, 1],
      classCount: classCount)
  }

  @Test func classesAreSharedOut() throws {
    let tasks = try images(classCount: 10).classTasks(3)
    #expect(tasks.map(\.classCount) == [4, 3, 3])
    #expect(tasks[1].train.labels == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    #expect(try tasks[1].train.pixels.integers() == [4, 5, 6, 4, 5, 6, 4, 5, 6])
    #expect(throws: StudyError.self) { try images(classCount: 5).classTasks(3) }
  }

  @Test func sharedCorrectionsAreLinearAndLimited() throws {
    let correction = try SharedCorrection(blocks: 2, width: 3)
    let chain = NetworkChain(
      embed: { $0 }, steps: (0..<2).map { .init(name: "\($0)") { try $0.tanh() } }, readout: { $0 })
    let corrected = correction.chain(on: chain, readout: chain.readout)
    let x = try Tensor.normal([4, 3], RandomStream(seed: 1))
    #expect(try corrected.logits(x).doubles() == chain.logits(x).doubles())
    #expect(try correction.size() == 0)

    let matrices = correction.trainableParameters.values.map(\.value)
    for (index, a) in matrices.enumerated() {
      try a.assign(Tensor.normal([3, 3], RandomStream(seed: 2).stream(index)))
    }
    let first = try x.tanh() + x.matmul(matrices[0].detached().transposed())
    let second = try first.tanh() + first.matmul(matrices[1].detached().transposed())
    #expect(try (corrected.logits(x) - second).abs().max().item() < 1e-5)

    let before = try matrices[0].doubles()
    let size = try correction.size()
    let squares = try matrices.flatMap { try $0.doubles() }.reduce(0) { $0 + $1 * $1 }
    #expect(abs(size - squares.squareRoot()) < 1e-5)
    try correction.limit(to: 2 * size)
    #expect(try matrices[0].doubles() == before)
    try correction.limit(to: size / 4)
    #expect(try abs(correction.size() - size / 4) < 1e-5)
    #expect(try zip(matrices[0].doubles(), before).allSatisfy { abs($0 - $1 / 4) < 1e-6 })
  }

  @Test func theStudyRuns() throws {
    let study = NonForgettingStudy()
    let record = try runOnGeneratedImages(study)
    expectComplete(record, of: study, undefined: "rank correlation")
    #expect(record.criteria[0].outcome == .met)
    #expect(try #require(record.findings.last).value > 0, "without freezing old logits move")
  }
}
