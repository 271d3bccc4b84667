import Foundation
import ResidualNets
import Testing
import TorchCore

@testable import Continual

/// EWC, SI and MAS over two tasks, each step by hand.
@TorchActor @Suite struct AnchoringTests: RunSuite {
  let folders: RunFolders

  init() throws {
    try Torch.setThreads(1)
    folders = try .withBars(train: 12, test: 4)
  }

  private func bench(
    _ kind: Configuration.Strategy.Kind, _ name: String = "run",
    _ scenario: Configuration.Strategy.ScenarioChoice = .classes,
    _ change: (inout Configuration) -> Void = { _ in }
  ) throws -> Workbench {
    try Workbench(.bench(data.url, kind, scenario, change), in: runs.url.appending(path: name))
  }

  /// Of all images of a lesson: features N×F, and logits N×K of the common head.
  private func answers(_ bench: Workbench, _ scene: LessonScene) throws -> (features: [[Double]], logits: [[Double]]) {
    let head = try #require(bench.models.commonHead)
    let inputs = try bench.step(scene).batch.inputs
    let features = try bench.models.trunk.features(inputs, through: nil, .evaluation)
    func rows(_ tensor: Tensor) throws -> [[Double]] {
      let (values, columns) = (try tensor.detached().doubles(), tensor.size(1))
      return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
    }
    return (try rows(features), try rows(head.forward(features, .evaluation)))
  }

  private func expectClose(
    _ actual: [Double]?, _ expected: [Double], _ note: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let actual = try #require(actual, "\(note)", sourceLocation: sourceLocation)
    let scale = expected.map(abs).max() ?? 0
    #expect(scale > 0 && actual.count == expected.count, "\(note)", sourceLocation: sourceLocation)
    let distance = zip(actual, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(distance <= 1e-4 * scale, "\(note): \(distance) apart, scale \(scale)", sourceLocation: sourceLocation)
  }

  /// Of the head the Fisher information is known: the mean of p_k (1 − p_k) f_j², over the outputs that took part. The
  /// second task's is added to γ times the first's.
  @Test func theHeadsFisherInformationIsSummedOverTasks() throws {
    let bench = try bench(.ewc) { $0.strategy.regularization.decay = 0.25 }
    func expected(_ scene: LessonScene, active: Int) throws -> [Double] {
      let (features, logits) = try answers(bench, scene)
      var fisher = [Double](repeating: 0, count: 4 * 8)
      for (features, logits) in zip(features, logits) {
        let exponentials = logits[..<active].map { exp($0) }
        for k in 0..<active {
          let p = exponentials[k] / exponentials.reduce(0, +)
          for j in 0..<8 { fisher[k * 8 + j] += p * (1 - p) * features[j] * features[j] / 24 }
        }
      }
      return fisher
    }
    let first = try bench.open(0)
    try bench.learn(first, steps: 5, rate: 0.05)
    try bench.close(first)
    let one = try expected(first, active: 2)
    try expectClose(bench.table("importance")["head.weight"], one, "after task 1")
    let second = try bench.open(1)
    try bench.learn(second, steps: 5, rate: 0.05)
    try bench.close(second)
    let two = try zip(one, expected(second, active: 4)).map { 0.25 * $0 + $1 }
    try expectClose(bench.table("importance")["head.weight"], two, "after task 2")
    let head = try #require(bench.models.commonHead).weight.value.detached().doubles()
    #expect(try bench.table("anchor")["head.weight"] == head, "the newest weights are the anchor")
  }

  /// A few of the images, the same whenever asked, are a sample of them.
  @Test func fewerImagesAreASampleOfAll() throws {
    var importance: [[Double]] = []
    for (name, samples) in [("few", 5), ("again", 5), ("all", 24), ("more", 500)] {
      let bench = try bench(.ewc, name) { $0.strategy.regularization.samples = samples }
      let scene = try bench.open(0)
      try bench.close(scene)
      importance.append(try #require(bench.table("importance")["trunk.input.weight"]))
    }
    #expect(importance[0] == importance[1] && importance[2] == importance[3] && importance[0] != importance[2])
  }

  /// Of the head the sensitivity is known: the mean of |2 z_k f_j|, summed over tasks.
  @Test func theHeadsSensitivityIsSummedOverTasks() throws {
    let bench = try bench(.mas)
    func expected(_ scene: LessonScene, active: Int) throws -> [Double] {
      let (features, logits) = try answers(bench, scene)
      return (0..<4 * 8).map { place in
        let (k, j) = place.quotientAndRemainder(dividingBy: 8)
        return k < active ? zip(features, logits).map { abs(2 * $1[k] * $0[j]) / 24 }.reduce(0, +) : 0
      }
    }
    var sum = [Double](repeating: 0, count: 4 * 8)
    for (task, active) in [(0, 2), (1, 4)] {
      let scene = try bench.open(task)
      try bench.learn(scene, steps: 5, rate: 0.05)
      try bench.close(scene)
      sum = try zip(sum, expected(scene, active: active)).map { $0 + $1 }
      try expectClose(bench.table("importance")["head.weight"], sum, "after task \(task + 1)")
    }
  }

  /// In steps so small that the path is followed, Σω is how far the loss fell: the loss itself, not the penalty with
  /// it.
  @Test func thePathIntegralIsTheFallOfTheLoss() throws {
    let bench = try bench(.si) { $0.strategy.regularization.strength = 60 }
    for task in 0...1 {
      let scene = try bench.open(task)
      func loss() throws -> (own: Double, whole: Double) {
        let step = try bench.step(scene)
        return (try step.loss().item(), try bench.strategy.loss(step).item())
      }
      let before = try loss()
      try bench.learn(scene, steps: 200, rate: 0.005)
      let after = try loss()
      let path = try bench.table("path").values.joined().reduce(0, +)
      let fall = before.own - after.own
      #expect(fall > 0.1, "something was learned in task \(task + 1)")
      #expect(abs(path - fall) < 0.01 * fall, "task \(task + 1): Σω is \(path), the loss fell by \(fall)")
      if task == 1 {
        #expect(before.own == before.whole, "the penalty begins at zero")
        #expect(after.whole - after.own > 0.03 * fall, "and matters: \(after)")
      }
      let (paths, starts, old) = try (bench.table("path"), bench.table("anchor"), bench.table("importance"))
      try bench.close(scene)
      let (ends, importance) = try (bench.table("anchor"), bench.table("importance"))
      #expect(try bench.table("path").isEmpty)
      for key in paths.keys {
        let (w, s, e, o) = try (
          #require(paths[key]), #require(starts[key]), #require(ends[key]), #require(old[key])
        )
        let expected = w.indices.map { max(0, o[$0] + w[$0] / ((e[$0] - s[$0]) * (e[$0] - s[$0]) + 0.1)) }
        if expected.contains(where: { $0 > 0 }) { try expectClose(importance[key], expected, key) }
      }
    }
  }

  /// Each paper's factor before the sum.
  @Test func theLossIsTheObjectiveAndThePenalty() throws {
    for (kind, factor) in [(Configuration.Strategy.Kind.ewc, 3.5), (.si, 7), (.mas, 7)] {
      let bench = try bench(kind, "\(kind)") { $0.strategy.regularization.strength = 7 }
      let first = try bench.open(0)
      let start = try bench.step(first)
      #expect(try bench.strategy.loss(start).item() == start.loss().item(), "nothing to hold in the first task")
      try bench.learn(first, steps: 10, rate: 0.05)
      try bench.close(first)
      let second = try bench.open(1)
      try bench.learn(second, steps: 3, rate: 0.02)
      let (importance, anchor) = try (bench.table("importance"), bench.table("anchor"))
      var sum = 0.0
      for (key, parameter) in second.assignment.parameters {
        let (omega, old) = try (#require(importance[key]), #require(anchor[key]))
        let now = try parameter.value.detached().doubles()
        sum += now.indices.map { omega[$0] * (now[$0] - old[$0]) * (now[$0] - old[$0]) }.reduce(0, +)
      }
      let step = try bench.step(second)
      let penalty = try bench.strategy.loss(step).item() - step.loss().item()
      #expect(sum > 0 && abs(penalty - factor * sum) < 1e-5 + 1e-3 * factor * sum, "\(kind): \(penalty), Σ is \(sum)")
    }
  }

  /// The stronger the penalty, the less moves.
  @Test(arguments: [(Configuration.Strategy.Kind.ewc, 3000.0), (.si, 3000), (.mas, 30)])
  func theTrunkMovesLessTheStrongerThePenalty(kind: Configuration.Strategy.Kind, strongest: Double) throws {
    var distances: [Double] = []
    for strength in [0, strongest / 100, strongest / 10, strongest] {
      let bench = try bench(kind, "\(kind)-\(strength)", .task) { $0.strategy.regularization.strength = strength }
      let first = try bench.open(0)
      try bench.learn(first, steps: 40, rate: 0.05)
      try bench.close(first)
      let anchor = try bench.table("anchor")
      #expect(anchor.keys.allSatisfy { $0.hasPrefix("trunk.") }, "a task's own head is frozen, not held")
      let second = try bench.open(1)
      try bench.learn(second, steps: 200, rate: 0.002)
      distances.append(
        try second.assignment.parameters.filter { $0.key.hasPrefix("trunk.") }.reduce(0) { sum, entry in
          let (now, old) = (try entry.value.value.detached().doubles(), try #require(anchor[entry.key]))
          return sum + zip(now, old).map { ($0 - $1) * ($0 - $1) }.reduce(0, +)
        }.squareRoot())
    }
    #expect(zip(distances, distances.dropFirst()).allSatisfy { $0 > $1 }, "\(distances)")
    #expect(distances[3] < 0.85 * distances[0], "\(distances)")
  }
}
