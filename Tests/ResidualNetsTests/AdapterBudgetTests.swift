import OperatorNorms
import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Corrections with a budget, against singular values.
@TorchActor
@Suite struct AdapterBudgetTests {
  nonisolated static let cases = NetworkCase.adapters.filter { $0.adapter?.budget != nil }

  /// With weights far over the budget, each correction that is deployed keeps it, and uses it up.
  @Test(arguments: cases) func everyCorrectionKeepsItsBudget(subject: NetworkCase) throws {
    let network = try subject.makeRandom(RandomStream(seed: 1))
    let adapter = try #require(network.adapter)
    for parameter in Members(of: adapter).parameters.values { try parameter.value.assign(parameter.value * 20) }
    try network.mapTensors { try $0.to(.float64) }
    let budget = try #require(adapter.description.budget)
    func check(_ norm: Double, _ note: String) {
      #expect(norm <= budget * (1 + 1e-12) && norm >= budget * (1 - 1e-5), "\(note): \(norm)")
    }
    for layer in network.trunk.adaptableLayers {
      guard let correction = adapter.correction(at: layer.site) else { continue }
      let base = try layer.effectiveWeight(.evaluation).detached()
      let change = try correction.merged(into: layer, .evaluation).weight.detached() - base
      // In series the change is s·A W, whose norm says less.
      if adapter.description.kind == .parallel {
        let margin = (layer as? Conv2d)?.geometry.padding[0] ?? 0
        let tap =
          change.rank == 4 ? try change.narrowed(2, from: margin, count: 1).narrowed(3, from: margin, count: 1) : change
        try check(tap.reshaped([tap.size(0), -1]).singularValues().max().item(), layer.site)
      } else {
        let (norm, whole) = try (
          change.reshaped([change.size(0), -1]).singularValues().max().item(),
          base.reshaped([base.size(0), -1]).singularValues().max().item()
        )
        #expect(norm <= budget * whole * (1 + 1e-12) && norm > 0, "\(layer.site)")
      }
    }
    guard subject.adapter?.kind == .side else { return }
    for stage in try network.deployed().body where stage.name.hasPrefix("side.") {
      guard case .residual(_, let branch, let scale) = stage.operation else { continue }
      let norms = try branch.compactMap { stage -> Double? in
        guard case .linear(let weight, nil) = stage.operation else { return nil }
        return try weight.singularValues().max().item()
      }
      #expect(norms.count == 2)
      check(norms.reduce(abs(scale), *), stage.name)
    }
  }

  /// A correction within its budget is left alone, bit by bit, and none has norms.
  @Test func aSmallCorrectionIsLeftAlone() throws {
    let subject = NetworkCase(description: .init(width: 4), withAdapter: true, adapter: .init(budget: 1000))
    let network = try subject.makeRandom(RandomStream(seed: 2))
    var free = try #require(subject.adapter)
    free.budget = nil
    let layer = try #require(network.trunk.adaptableLayers.first)
    let correction = try #require(network.adapter?.correction(at: layer.site))
    let other = try #require(try free.makeCorrection(of: layer, stream: RandomStream(seed: 2)))
    try Members(of: other).parameters["adapter.weight"]?.value.assign(
      #require(Members(of: correction).parameters["adapter.weight"]).value)
    #expect(
      try correction.merged(into: layer, .evaluation).weight.detached().host()
        == other.merged(into: layer, .evaluation).weight.detached().host())
    #expect(!Members(of: try #require(network.adapter)).buffers.keys.contains { $0.contains("running_mean") })
  }

  /// Power iteration in training comes near what evaluation divides by.
  @Test func trainingComesNearEvaluation() throws {
    for subject in Self.cases {
      let network = try subject.makeRandom(RandomStream(seed: 3))
      try network.trunk.freeze()
      let pixels = try subject.pixels(3, RandomStream(seed: 4), dtype: .float32)
      for _ in 0..<150 { _ = try withoutGradients { try network.logits(pixels, .training) } }
      // Under a branch budget the head's constraint learns as well.
      try expectClose(
        withoutGradients { try network.logits(pixels, .training) }, network.logits(pixels, .evaluation), within: 0.02,
        subject.testDescription)
    }
  }
}
