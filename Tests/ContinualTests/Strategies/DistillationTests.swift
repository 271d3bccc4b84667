import Foundation
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Continual

/// LwF: the distillation loss by hand, and what is compared with what.
@TorchActor @Suite struct DistillationTests: RunSuite {
  let folders: RunFolders

  init() throws {
    try Torch.setThreads(1)
    folders = try .withBars(train: 12, test: 4)
  }

  /// T² Σ_k p*_k (log p*_k − log p_k), the mean over rows, in double precision.
  private func byHand(_ now: [[Double]], _ before: [[Double]], _ temperature: Double) -> Double {
    func softmax(_ z: [Double]) -> [Double] {
      let e = z.map { exp($0 / temperature) }
      return e.map { $0 / e.reduce(0, +) }
    }
    let divergences = zip(now, before).map { now, before in
      zip(softmax(now), softmax(before)).map { p, old in old * (log(old) - log(p)) }.reduce(0, +)
    }
    return temperature * temperature * divergences.reduce(0, +) / Double(divergences.count)
  }

  private func rows(_ tensor: Tensor) throws -> [[Double]] {
    let (values, columns) = (try tensor.detached().doubles(), tensor.size(1))
    return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
  }

  @Test func theLossIsTheDivergenceOfSoftenedAnswers() throws {
    for seed in 0..<20 {
      let (stream, temperature) = (RandomStream(seed: UInt64(seed)), [0.5, 1, 2, 5][seed % 4])
      let now = try (Tensor.normal([5, 3], stream.stream("now"), dtype: .float64) * 3).asLeaf()
      let before = try Tensor.normal([5, 3], stream.stream("before"), dtype: .float64) * 3
      let loss = try distillationLoss(of: now, towards: before, temperature: temperature)
      #expect(try abs(loss.item() - byHand(rows(now), rows(before), temperature)) < 1e-12, "seed \(seed)")
      // The gradient of the cross-entropy with soft labels: T (p − p*) / N.
      let gradient = try #require(try gradients(of: loss, withRespectTo: [now])[0])
      let expected =
        try ((now.detached() / temperature).softmax(1) - (before / temperature).softmax(1))
        * (temperature / 5)
      #expect(try (gradient - expected).abs().max().item() < 1e-12, "seed \(seed)")
      let unmoved = try distillationLoss(of: now, towards: now.detached(), temperature: temperature)
      #expect(try unmoved.item() == 0)
      let still = try #require(try gradients(of: unmoved, withRespectTo: [now])[0])
      #expect(try still.abs().max().item() < 1e-15)
    }
  }

  /// Before the first step nothing is to be put right, whatever augmentation makes of the inputs; after some steps the
  /// old outputs' divergence from the copy's is added, head by head.
  @Test(arguments: [
    (Configuration.Strategy.ScenarioChoice.task, 0.0), (.task, 0.5), (.classes, 0), (.classes, 0.5), (.domain, 0.5),
  ])
  func oldAnswersAreComparedOnWhatTheNetworkSees(
    scenario: Configuration.Strategy.ScenarioChoice, mixup: Double
  ) throws {
    let configuration = try Configuration.bench(data.url, .lwf, scenario) {
      $0.training.augmentation.mixup = mixup
      $0.strategy.distillation.strength = 1.5
      $0.strategy.distillation.temperature = 3
    }
    let bench = try Workbench(configuration, in: runs.url.appending(path: "run"))
    let first = try bench.open(0)
    try bench.learn(first, steps: 10, rate: 0.05)
    try bench.close(first)
    #expect(try bench.strategy.state().isEmpty, "between lessons nothing is to be remembered")
    let head = try bench.models.commonHead ?? bench.models.parts[0].head
    let outputs = scenario == .classes || scenario == .domain ? 0..<2 : 0..<head.bias.value.count
    func oldLogits(_ inputs: Tensor) throws -> [[Double]] {
      try rows(TaskNetwork(trunk: bench.models.trunk, adapter: nil, head: head).logits(inputs, .evaluation))
        .map { Array($0[outputs]) }
    }

    let second = try bench.open(1)
    let step = try bench.step(second)
    let values = second.assignment.parameters.values.map(\.value)
    let (whole, plain) = (try bench.strategy.loss(step), try step.loss())
    #expect(try abs(whole.item() - plain.item()) < 1e-6, "nothing has moved")
    for (one, other) in try zip(
      gradients(of: whole, withRespectTo: values), gradients(of: plain, withRespectTo: values))
    {
      guard let one else { continue }
      #expect(try (one - (other ?? one.zerosLike())).abs().max().item() < 1e-6, "nothing pulls")
    }

    let seen = try step.evaluated().pass.inputs
    #expect(try ((seen - step.batch.inputs).abs().max().item() > 0.01) == (mixup > 0))
    let before = try oldLogits(seen)
    try bench.learn(second, steps: 10, rate: 0.1)
    let difference = try bench.strategy.loss(step).item() - step.loss().item()
    let expected = try 1.5 * byHand(oldLogits(seen), before, 3)
    #expect(expected > 1e-4 && abs(difference - expected) < 1e-5 + 1e-3 * expected, "\(difference), not \(expected)")
  }

  /// The stronger old answers are held, the less they change.
  @Test func oldAnswersMoveLessTheStrongerTheyAreHeld() throws {
    var changes: [Double] = []
    for strength in [0.0, 0.5, 2, 8] {
      let configuration = try Configuration.bench(data.url, .lwf, .task) {
        $0.strategy.distillation.strength = strength
      }
      let bench = try Workbench(configuration, in: runs.url.appending(path: "\(strength)"))
      let first = try bench.open(0)
      try bench.learn(first, steps: 40, rate: 0.05)
      try bench.close(first)
      let second = try bench.open(1)
      let inputs = try bench.step(second).batch.inputs
      let network = try bench.models.network(for: 0)
      let before = try rows(network.logits(inputs, .evaluation))
      try bench.learn(second, steps: 200, rate: 0.005)
      changes.append(byHand(try rows(network.logits(inputs, .evaluation)), before, 1))
    }
    #expect(zip(changes, changes.dropFirst()).allSatisfy { $0 > $1 }, "\(changes)")
    #expect(changes[3] < 0.2 * changes[0], "\(changes)")
  }
}
