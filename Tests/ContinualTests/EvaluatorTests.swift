import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import Testing
import TorchCore

@testable import Continual

/// Rows of the evaluation tensor over three frozen networks, on images of one pixel: a task is a stretch of levels, a
/// class one half of it.
@TorchActor @Suite struct EvaluatorTests {
  /// The task of the nearest centre.
  private struct NearestCentre: TaskScoring {
    let centres: [Double]

    func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor {
      let x = try pixels.to(.float64).reshaped([-1, 1])
      return try (x - Tensor(centres, [1, centres.count])).squared().negated()
    }
  }

  private let centres = [0.2, 0.5, 0.8]
  private let tests = 6

  init() throws { try Torch.setThreads(1) }

  private func benchmarks() throws -> [TaskBenchmark] {
    try centres.enumerated().map { task, centre in
      let offsets = (0..<tests).map { [-0.14, -0.08, -0.02, 0.02, 0.08, 0.14][$0] }
      let images = try ImageSet(
        shape: ImageShape(height: 1, width: 1, channels: 1), pixels: offsets.map { UInt8(255 * (centre + $0)) },
        labels: offsets.map { $0 < 0 ? 0 : 1 }, classes: ["low", "high"], paths: offsets.indices.map { "\($0).png" })
      let all = TaskImages(images)
      return TaskBenchmark(
        task: ImageTask(
          name: "task \(task)", classes: [2 * task, 2 * task + 1], classNames: ["low", "high"], train: all, test: all),
        device: .cpu)
    }
  }

  private func networks() throws -> [DeployedNetwork] {
    try centres.map {
      try DeployedNetwork(
        inputShape: [1, 1, 1], body: [Stage("flatten", .flatten)], headWeight: Tensor([0, 10] as [Float], [2, 1]),
        headBias: Tensor([0, Float(-10 * $0)], [2]))
    }
  }

  private func evaluator(_ log: AttackLog, spatial: Configuration.Spatial = .init()) throws -> Evaluator {
    var settings = Configuration.Evaluation()
    settings.batchSize = 4
    settings.agnosticImages = 4
    settings.spatial = spatial
    let evaluator = try Evaluator(
      settings, benchmarks(), stream: RandomStream(seed: 3), observer: SilentObserver())
    let sizes = try ["1/50", "1/10"].map { try Rational($0) }
    evaluator.attacks = [FGSM() as any Attack, PGD(steps: 3)].map {
      PlannedAttack(CountedAttack(base: $0, log: log), .linf, sizes)
    }
    return evaluator
  }

  private func measure(_ rows: Range<Int>, _ evaluator: Evaluator, into record: inout EvaluationRecord) throws {
    let (all, classes) = (try networks(), try benchmarks().map(\.task.classes))
    for row in rows {
      let seen = Array(all[0...row])
      try evaluator.measure(
        row: row, digests: (0...row).map { "\($0)" },
        agnostic: TaskAgnosticReadout(
          networks: DeployedNetworks(seen), classes: Array(classes[0...row]),
          scoring: NearestCentre(centres: Array(centres[0...row])), tellsTasksApart: true), into: &record)
    }
    (record.attackSeconds, record.boundSeconds) = (0, 0)
  }

  /// A network that stays what it was is attacked once, however many rows and readouts ask; kept or not, resumed or
  /// not, the figures are the same.
  @Test func aFrozenNetworkIsAttackedOnce() throws {
    let log = AttackLog()
    var record = EvaluationRecord(tasks: 3)
    try measure(0..<3, evaluator(log), into: &record)
    let searches = 2 * 2
    #expect(log.own.reduce(0, +) == searches * 3 * tests, "three networks, all their images")
    let cells = (1 + 2 + 3) * 4
    #expect(log.joint.reduce(0, +) == searches * cells)
    #expect(record.consistency.holds)
    let key = MeasureKey(measure: "fgsm", norm: .linf, epsilon: try Rational("1/50"), readout: .taskAgnostic)
    let slice = try #require(record.accuracy.first { $0.key == key })
    #expect(slice.tally(after: 2, on: 1)?.n == 4)

    let again = AttackLog()
    let poor = try evaluator(again)
    poor.mostKeptBytes = 3 * 4 * 5 * 4 - 1
    #expect(!poor.keepsAdversarials)
    var other = EvaluationRecord(tasks: 3)
    try measure(0..<3, poor, into: &other)
    #expect(other == record)
    #expect(again.own.reduce(0, +) == searches * (3 * tests + cells) && again.joint == log.joint)
    poor.mostKeptBytes += 1
    #expect(poor.keepsAdversarials, "three tasks, four images, five forms of each, four bytes")

    var resumed = EvaluationRecord(tasks: 3)
    try measure(0..<2, evaluator(AttackLog()), into: &resumed)
    try measure(2..<3, evaluator(AttackLog()), into: &resumed)
    #expect(resumed == record)
  }

  /// A shift by a pixel leaves black where the only pixel was: class low of the network, whatever it was.
  @Test func turnsAndShiftsHaveASlice() throws {
    var record = EvaluationRecord(tasks: 3)
    try measure(0..<3, evaluator(AttackLog(), spatial: .init(shifts: 100, draws: 3)), into: &record)
    let slice = try #require(record.accuracy.first { $0.key == .spatial })
    for (row, column) in [(0, 0), (1, 0), (2, 0), (2, 2)] {
      #expect(slice.tally(after: row, on: column) == Tally(correct: 3, n: 6))
    }
    #expect(slice.accuracy[0, 1] == nil)
    #expect(record.consistency.holds && record.consistency.checked == 6 * (6 + 6 + 6) + 6 * (4 + 4))
    var without = EvaluationRecord(tasks: 3)
    try measure(0..<3, evaluator(AttackLog()), into: &without)
    #expect(!without.accuracy.contains { $0.key == .spatial })
    #expect(without.accuracy == record.accuracy.filter { $0.key != .spatial }, "nothing else changes")
  }
}
