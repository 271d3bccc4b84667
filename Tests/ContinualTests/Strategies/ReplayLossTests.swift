import Foundation
import OrderedCollections
import RandomStreams
import Testing
import TorchCore

@testable import Continual

/// What strategies with a memory minimise and follow, against sums written out, in networks without batch norm.
@TorchActor @Suite struct ReplayLossTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(train: 6, test: 2)
    try Torch.setThreads(1)
  }

  private typealias Choice = Configuration.Strategy.ScenarioChoice

  private func bench(_ kind: Configuration.Strategy.Kind, _ scenario: Choice) throws -> Workbench {
    try Workbench(
      .bench(data.url, kind, scenario) {
        $0.strategy.memory.size = 9
        // More than there are: every image of the memory comes back, in some order.
        $0.strategy.memory.batchSize = 20
        $0.strategy.memory.logitStrength = 0.3
        $0.strategy.memory.labelStrength = 0.7
      }, in: runs.url.appending(path: scenario.rawValue))
  }

  private func places(_ bench: Workbench) throws -> [Int] {
    try bench.strategy.state()["memory.places"]?.values(as: Int64.self).map { Int($0) } ?? []
  }

  /// For each image its logits, and the column that is right.
  private func logits(
    _ scene: LessonScene, _ inputs: Tensor, _ outputs: [Int]
  ) throws -> [(values: [Double], column: Int)] {
    try outputs.enumerated().map { row, output in
      let one = try scene.assignment.learning.answers(
        inputs.narrowed(0, from: row, count: 1), [output], .evaluation, draws: nil)
      return (try one.groups[0].logits.doubles(), output - one.groups[0].first)
    }
  }

  /// −log softmax, by hand.
  private func crossEntropies(_ scene: LessonScene, _ inputs: Tensor, _ outputs: [Int]) throws -> [Double] {
    try logits(scene, inputs, outputs).map { values, column in
      log(values.reduce(0) { $0 + exp($1) }) - values[column]
    }
  }

  @Test(arguments: [Configuration.Strategy.ScenarioChoice.task, .domain, .classes])
  func replayIsTheMeanOverBothBatches(scenario: Configuration.Strategy.ScenarioChoice) throws {
    let bench = try bench(.replay, scenario)
    let first = try bench.open(0)
    #expect(
      try bench.strategy.loss(bench.step(first)).item() == bench.step(first).loss().item(), "nothing to replay yet")
    try bench.learn(first, steps: 2, rate: 0.05)
    try bench.close(first)
    let second = try bench.open(1)
    let step = try bench.step(second)
    let kept = try places(bench)
    #expect(kept.count == 9 && kept.allSatisfy((0..<12).contains) && Set(kept).count == 9, "offered in one epoch only")
    let old = try second.rehearsal.inputs(kept, nil)
    let losses =
      try crossEntropies(second, step.batch.inputs, step.batch.outputs)
      + crossEntropies(second, old.inputs, old.outputs)
    #expect(losses.count == 12 + 9)
    let expected = losses.reduce(0, +) / 21
    #expect(try abs(bench.strategy.loss(step).item() - expected) < 1e-5 * max(1, expected), "\(expected)")
  }

  @Test(arguments: [Configuration.Strategy.ScenarioChoice.task, .domain, .classes])
  func darkReplayHoldsToLogitsAndLabels(scenario: Configuration.Strategy.ScenarioChoice) throws {
    let bench = try bench(.darkReplay, scenario)
    let first = try bench.open(0)
    let seen = try bench.step(first)
    let before = try logits(first, seen.batch.inputs, seen.batch.outputs)
    try bench.learn(first, steps: 1, rate: 0.05)
    let kept = try places(bench)
    let state = try bench.strategy.state()
    let stored = try #require(state["memory.logits"]).values(as: Float.self).map(Double.init)
    let widths = try #require(state["memory.widths"]).values(as: Int64.self)
    #expect(widths == Array(repeating: 2, count: 9), "two outputs take part in the first task")
    for (slot, place) in kept.enumerated() {
      for output in 0..<2 {
        #expect(abs(stored[2 * slot + output] - before[place].values[output]) < 1e-5, "as it answered before the step")
      }
    }
    try bench.close(first)

    let second = try bench.open(1)
    let step = try bench.step(second)
    let old = try second.rehearsal.inputs(kept, nil)
    let new = try crossEntropies(second, step.batch.inputs, step.batch.outputs)
    let now = try logits(second, old.inputs, old.outputs)
    #expect(now[0].values.count == (scenario == .classes ? 4 : 2), "outputs that came later do not count")
    let squares = now.enumerated().flatMap { slot, answer in
      (0..<2).map { pow(answer.values[$0] - stored[2 * slot + $0], 2) }
    }
    let labels = try crossEntropies(second, old.inputs, old.outputs)
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let expected = mean(new) + 0.3 * mean(squares) + 0.7 * mean(labels)
    #expect(mean(squares) > 1e-6)
    #expect(try abs(bench.strategy.loss(step).item() - expected) < 1e-5 * max(1, expected), "\(expected)")
  }

  /// Rows of several heads and widths in one batch.
  @Test func logitsOfDifferentWidthAreComparedWhereTheyAre() throws {
    var stored = StoredLogits()
    for (slot, row) in [[1, 2], [3, 4, 5], [6], [0, 0, 0]].enumerated() { stored.keep(row.map(Float.init), in: slot) }
    stored.keep([7], in: 3)
    let answers = try Answers(
      groups: [
        .init(rows: [0, 2], logits: Tensor([3, 4, 5, 6, 7, 8] as [Float], [2, 3]), first: 0),
        .init(rows: [1], logits: Tensor([10, 20] as [Float], [1, 2]), first: 3),
      ], features: Tensor.zeros([3, 1]), outputs: [0, 3, 1])
    // Slots 3, 0, 2: 7 against 3; 1, 2 against 10, 20; 6 against 6.
    let expected = (16.0 + 81 + 324 + 0) / 4
    #expect(try abs(stored.meanSquaredError(answers, [3, 0, 2]).item() - expected) < 1e-4)
    #expect(throws: (any Error).self) { try stored.meanSquaredError(answers, [0, 1, 2]) }
    #expect(stored.count == 7)

    let state = try stored.state()
    var (taken, copy) = (state, StoredLogits())
    try copy.take(from: &taken, count: 4)
    #expect(copy == stored && taken.isEmpty)
    taken = state
    #expect(throws: (any Error).self) { try copy.take(from: &taken, count: 5) }
  }

  // MARK: A-GEM

  private func vectors(_ values: [Double], _ shapes: [[Int]]) throws -> [Tensor] {
    var rest = values[...]
    return try shapes.map { shape in
      let count = shape.reduce(1, *)
      defer { rest = rest.dropFirst(count) }
      return try Tensor(Array(rest.prefix(count)), shape)
    }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  /// The projection on the half-space g·r ≥ 0, of explicit vectors.
  @Test func stepsAreProjectedWhereTheyWouldHarm() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = RandomStream(seed: seed).generator
    let shapes = [[3, 2], [4], [1]]
    var (projections, passed) = (0, 0)
    for _ in 0..<200 {
      let (g, r) = (
        (0..<11).map { _ in Double.random(in: -1...1, using: &generator) },
        (0..<11).map { _ in Double.random(in: -1...1, using: &generator) }
      )
      let result = try AveragedGEM.projected(vectors(g, shapes), vectors(r, shapes))
      #expect(result.map(\.shape) == shapes)
      let values = try result.flatMap { try $0.doubles() }
      #expect(dot(values, r) > -1e-12, "seed \(seed)")
      if dot(g, r) >= 0 {
        #expect(values == g, "seed \(seed)")
        passed += 1
      } else {
        // The nearest point of the half-space: what was taken away is along r, and nothing is left along it.
        let taken = zip(g, values).map { $0 - $1 }
        #expect(abs(dot(values, r)) < 1e-12 && abs(pow(dot(taken, r), 2) - dot(taken, taken) * dot(r, r)) < 1e-10)
        projections += 1
      }
    }
    #expect(projections > 40 && passed > 40)
    let (g, zero) = ([1.0, -2], [0.0, 0])
    #expect(try AveragedGEM.projected([Tensor(g, [2])], [Tensor(zero, [2])])[0].doubles() == g)
    #expect(try AveragedGEM.projected([Tensor([1.0, 0], [2])], [Tensor([-1.0, 1], [2])])[0].doubles() == [0.5, 0.5])
  }

  /// The length of the reference must not matter, down to gradients whose squares fp32 cannot hold.
  @Test(arguments: [Float(1e-15), 1e-25, 1e-37, 0x1p-140])
  func agemProjectsOffReferencesOfAnyLength(_ length: Float) throws {
    let g = try Tensor([Float(1), 0], [2])
    let projected = try AveragedGEM.projected([g], [Tensor([-length, length], [2])])[0]
    #expect(try projected.dtype == .float32)
    #expect(try projected.floats() == [0.5, 0.5])
  }

  /// The reference is the mean gradient on the memory, which holds images of earlier tasks alone.
  @Test(arguments: [Configuration.Strategy.ScenarioChoice.task, .domain, .classes])
  func theReferenceIsTheGradientOnOldImages(scenario: Configuration.Strategy.ScenarioChoice) throws {
    let bench = try bench(.averagedGEM, scenario)
    let first = try bench.open(0)
    try bench.learn(first, steps: 1, rate: 0.05)
    #expect(try places(bench).isEmpty, "nothing is earlier than the first task")
    try bench.close(first)
    let kept = try places(bench)
    #expect(Set(kept).count == 9 && kept.allSatisfy((0..<12).contains))

    let second = try bench.open(1)
    let step = try bench.step(second)
    let values = second.assignment.parameters.values.map(\.value)
    let old = try second.rehearsal.inputs(kept, nil)
    let answers = try second.assignment.learning.answers(old.inputs, old.outputs, .evaluation, draws: nil)
    let reference = try zip(gradients(of: answers.crossEntropy(), withRespectTo: values), values).map {
      try $0 ?? $1.zerosLike()
    }
    let opposed = try reference.map { try $0 * -2 }
    // Straight against the reference, nothing is left.
    let nothing = try bench.strategy.direction(opposed, second.assignment.parameters, step)
    let size = try reference.reduce(0) { try $0 + $1.squared().sum().item() }
    #expect(size > 1e-4)
    #expect(try nothing.reduce(0) { try $0 + $1.squared().sum().item() } < 1e-8 * size)
    let along = try bench.strategy.direction(reference, second.assignment.parameters, step)
    for (a, b) in zip(along, reference) { #expect(try a.doubles() == b.doubles()) }
  }
}
