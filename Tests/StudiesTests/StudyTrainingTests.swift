import Foundation
import OrderedCollections
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct StudyTrainingTests {
  init() throws { try Torch.setThreads(1) }

  private func plan(epochs: Int = 8, rate: Double = 0.05) -> TrainingPlan {
    TrainingPlan(
      length: .epochs(epochs), batchSize: 32, optimizer: OptimizerDescription(learningRate: rate, weightDecay: 0),
      schedule: .cosine)
  }

  @Test func learnsWhatALineTellsApart() throws {
    let toy = try ToyTraining()
    let before = try performance(of: toy.network, on: toy.data)
    var steps: [TrainingStep] = []
    let curve = try train(toy.network, on: toy.data, plan: plan(), stream: RandomStream(seed: 1)) { steps.append($0) }
    let after = try performance(of: toy.network, on: toy.data)
    #expect(!curve.diverged && curve.losses.count == 32 && curve.epochLosses.count == 8)
    #expect(curve.finalLoss < 0.3 * before.meanLoss && after.meanLoss < 0.3 * before.meanLoss)
    #expect(after.accuracy > 0.97)
    #expect(steps.map(\.number) == Array(1...32) && steps.map(\.loss) == curve.losses)
    #expect(steps.count(where: \.isEndOfEpoch) == 8 && steps.last?.epoch == 8)
    #expect(steps[0].gradients.count == toy.network.trainableParameters.count)
    #expect(curve.epochLosses[1] == curve.losses[4..<8].reduce(0, +) / 4)
  }

  @Test func theStreamDecidesEverything() throws {
    let curves = try ([1, 1, 2] as [UInt64]).map { seed in
      let toy = try ToyTraining()
      return try train(toy.network, on: toy.data, plan: plan(epochs: 2), stream: RandomStream(seed: seed))
    }
    #expect(curves[0] == curves[1] && curves[0] != curves[2])
  }

  @Test func divergenceIsRecorded() throws {
    let toy = try ToyTraining()
    let curve = try train(toy.network, on: toy.data, plan: plan(rate: 1e8), stream: RandomStream(seed: 1))
    #expect(curve.diverged && curve.finalLoss == .infinity)
    #expect(curve.losses.count < 32 && curve.losses.last?.isFinite == false)
    #expect(!curve.losses.dropLast().contains { !$0.isFinite })
    #expect(throws: StudyError.diverged("a toy", steps: curve.losses.count)) { try curve.requireEnd(of: "a toy") }
    try train(toy.network, on: toy.data, plan: plan(epochs: 0), stream: RandomStream(seed: 1)).requireEnd(of: "a toy")
  }

  @Test func theBestLearningRateHasTheLeastLoss() throws {
    func tried(_ losses: [Double], enough: Double = -1) throws -> (best: Double, rates: [Double]) {
      var rates: [Double] = []
      let best = try best(ofRates: losses.indices.map(Double.init), loss: { $0 }, isEnough: { $0 <= enough }) { rate in
        rates.append(rate)
        return losses[Int(rate)]
      }
      return (best, rates)
    }
    #expect(try tried([3, 1, 2]).best == 1)
    #expect(try tried([.nan, .infinity, 7]).best == 7)
    let early = try tried([3, 1, 0], enough: 2)
    #expect(early.best == 1 && early.rates == [0, 1], "a rate that is good enough ends the search")
    #expect(try leastLoss(atRates: [1, 2]) { _ in .nan } == .infinity)
    #expect(throws: StudyError.self) { try leastLoss(atRates: []) { $0 } }
  }

  @Test func anEpochSeesEverySampleOnce() throws {
    let toy = try ToyTraining(count: 70)
    let weight = try Parameter(Tensor.zeros([1]))
    var seen: [[Int]] = []
    try train(
      ["w": weight], on: toy.data, plan: TrainingPlan(length: .steps(7), batchSize: 32), stream: RandomStream(seed: 3),
      loss: { batch, places in
        seen.append(places)
        #expect(batch.labels == places.map { toy.data.labels[$0] })
        let expected = try toy.data.pixels.selecting(0, Tensor(indices: places)).doubles()
        #expect(try batch.pixels.doubles() == expected)
        return try weight.value.sum()
      }
    ).requireEnd(of: "a weight")
    #expect(seen.map(\.count) == [23, 23, 24, 23, 23, 24, 23])
    #expect(seen[0..<3].flatMap(\.self).sorted() == Array(0..<70))
    #expect(seen[3..<6].flatMap(\.self).sorted() == Array(0..<70))
    #expect(seen[0..<3].flatMap(\.self) != seen[3..<6].flatMap(\.self))
  }

  /// On ½(w − 3)² gradient descent leaves (1 − η)ᵏ of the distance.
  @Test func descendsAsTheClosedFormSays() throws {
    let weight = try Parameter(Tensor([5.0], [1]))
    let toy = try ToyTraining(count: 10)
    let optimizer = OptimizerDescription(learningRate: 0.1, momentum: 0, weightDecay: 0)
    let curve = try train(
      ["w": weight], on: toy.data, plan: TrainingPlan(length: .steps(20), batchSize: 10, optimizer: optimizer),
      stream: RandomStream(seed: 0),
      loss: { _, _ in try (weight.value - 3).squared().sum() / 2 })
    let reached = try weight.value.item()
    #expect(abs(reached - (3 + 2 * pow(0.9, 20))) < 1e-12)
    #expect(abs(curve.losses[19] - 2 * pow(0.81, 19)) < 1e-12)
  }

  @Test func onlyTheParametersGivenMove() throws {
    let toy = try ToyTraining()
    let before = try toy.network.trunk.state()
    let head = OrderedDictionary(
      uniqueKeysWithValues: toy.network.trainableParameters.filter { $0.key.hasPrefix("head.") }.map { ($0, $1) })
    let weight = try toy.network.head.weight.value.doubles()
    try train(
      toy.network, on: toy.data, plan: plan(epochs: 1), stream: RandomStream(seed: 1), parameters: head
    ).requireEnd(of: "the head")
    #expect(try toy.network.trunk.state() == before)
    #expect(try toy.network.head.weight.value.doubles() != weight)
  }

  /// More samples than one evaluation batch, with logits that are known.
  @Test func performanceCountsEverySampleOnce() throws {
    let labels = (0..<1_203).map { $0 % 3 == 0 ? 1 : 0 }
    let data = try LabelledTensors(pixels: Tensor.zeros([1_203, 1, 1, 1]), labels: labels)
    let result = try performance(on: data) { pixels in
      try Tensor.zeros([pixels.size(0), 1]) + Tensor([0, log(3.0)], [1, 2])
    }
    #expect(result.accuracy == 401.0 / 1_203)
    #expect(abs(result.meanLoss - (401 * log(4.0 / 3) + 802 * log(4.0)) / 1_203) < 1e-12)
  }
}
