import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct AdapterBudgetTests {
  init() throws { try Torch.setThreads(1) }

  /// Four images of 2×2 pixels in each of four classes, one bright pixel each.
  private func images() throws -> StudyImages {
    let labels = (0..<16).map { $0 % 4 }
    let noise = try Tensor.uniform([16, 1, 2, 2], RandomStream(seed: 1))
    let bright = try Tensor.eye(4).selecting(0, Tensor(indices: labels)).reshaped([16, 1, 2, 2])
    let data = try LabelledTensors(pixels: noise * 0.3 + bright * 0.7, labels: labels)
    return StudyImages(
      train: data, test: data, statistics: PixelStatistics(mean: [0.5], std: [0.25]), inputShape: [1, 2, 2],
      classCount: 4)
  }

  private func learning(rate: Double = 0.05) throws -> BudgetedAdapters {
    let images = try images()
    return try BudgetedAdapters(
      NetworkDescription(architecture: .perceptron, depth: 2, width: 4, block: .plain, norm: .none), images,
      tasks: images.classTasks(2),
      plan: TrainingPlan(
        length: .epochs(10), batchSize: 8,
        optimizer: OptimizerDescription(kind: .adam, learningRate: rate, weightDecay: 0)),
      stream: RandomStream(seed: 2))
  }

  /// What is stated grows with the budget from the trunk's own bound, and bounds what training comes to; an adapter
  /// that may do as it likes goes beyond.
  @Test func statementsAreKept() throws {
    let learning = try learning()
    let radius = try Rational(1, over: 100)
    var last = 0.0
    for budget in [0, 0.01, 0.1, 1] {
      let result = try learning.learn(.budget(budget), radius: radius)
      let stated = try #require(result.stated)
      #expect(result.exceeding == 0 && result.measured.count == 1)
      #expect(stated > last && result.measured[0] <= stated)
      #expect(result.certified <= result.accuracy && result.accuracy <= 1)
      if budget == 0 { #expect(stated == learning.trunkBound && result.measured == [stated]) }
      last = stated
    }
    let free = try learning.learn(.free, radius: radius)
    #expect(free.stated == nil && free.exceeding == 0)
    #expect(free.measured[0] > learning.trunkBound)
    #expect(try free.measured == learning.learn(.free, radius: radius).measured, "learning changes nothing for later")
  }

  /// The comparison is exact: one unit in the last place counts.
  @Test func oneRoundingErrorIsTooMuch() {
    func result(_ stated: Double?, _ measured: [Double]) -> BudgetedAdapters.Result {
      .init(stated: stated, measured: measured, accuracy: 1, certified: 0)
    }
    #expect(result(2, [1, 2, 2.0.nextUp, 3]).exceeding == 2)
    #expect(result(nil, [1]).exceeding == 0)
  }

  @Test func theStudyRuns() throws {
    let study = AdapterBudgetStudy()
    let record = try runOnGeneratedImages(study)
    expectComplete(record, of: study, undefined: "rank correlation")
    #expect(record.criteria[0].outcome == .met && record.criteria[0].detail.hasPrefix("0 of 12"))
    #expect(record.findings.filter { $0.name.hasSuffix("bound stated before") }.count == 3)
  }
}
