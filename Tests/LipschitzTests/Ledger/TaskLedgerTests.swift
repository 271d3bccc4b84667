import Foundation
import RandomStreams
import Testing
import TorchCore

@testable import Lipschitz
@testable import ResidualNets

/// What adapters add to a frozen trunk, and what stands of earlier tasks.
@TorchActor @Suite struct TaskLedgerTests {
  init() throws { try Torch.setThreads(1) }

  private let stream = RandomStream(seed: 2)

  /// A chain of three identity layers over 1×2×2 pixels.
  private func trunk() throws -> any Trunk {
    let network = NetworkDescription(architecture: .mlp, depth: 1, width: 4, block: .plain, norm: .none)
    let trunk = try network.makeTrunk(inputShape: [1, 2, 2], statistics: .init(mean: [0], std: [1]), stream: stream)
    for layer in trunk.adaptableLinears { try layer.weight.value.assign(Tensor.eye(4)) }
    try trunk.freeze()
    return trunk
  }

  private func task(_ trunk: any Trunk, _ adapter: AdapterDescription?, pointing: Bool = false) throws -> TaskNetwork {
    let own = try adapter.map { try Adapter(for: trunk, $0, stream: stream) }
    if pointing, let own {
      for (path, parameter) in Members(of: own).parameters where !path.hasSuffix("bias") {
        try parameter.value.assign(Tensor.eye(4))
      }
    }
    let head = try trunk.description.makeHead(features: 4, classCount: 2, stream: stream)
    return TaskNetwork(trunk: trunk, adapter: own, head: head)
  }

  /// Layers of norm 1, each corrected by a quarter of itself: 1.25³, all that the budget allows. A fresh adapter has
  /// added nothing, and may add just that.
  @Test func whatAnAdapterAddedAndMayAdd() throws {
    let trunk = try trunk()
    let layers = trunk.adaptableLinears.count
    #expect(layers == 3)
    let budget = AdapterDescription(budget: 0.25)
    let full = try TaskLedger(task: "full", task(trunk, budget, pointing: true))
    let most = 1.25 * 1.25 * 1.25
    #expect(abs(try #require(full.adapterFactor) - most) < 1e-3 && abs(full.trunk.featureUpper - 1) < 1e-3)
    #expect(try (1...1.001).contains(#require(full.headroom)))
    #expect(full.additions.count == 3 && full.additions.allSatisfy { abs($0.adapted / $0.trunk - 1.25) < 1e-3 })
    let product = full.additions.map { $0.adapted / $0.trunk }.reduce(1, *)
    #expect(try abs(product / #require(full.adapterFactor) - 1) < 1e-12, "the additions multiply to the whole")

    let fresh = try TaskLedger(task: "fresh", task(trunk, budget))
    #expect(fresh.adapterFactor == 1 && fresh.additions.isEmpty)
    #expect(try abs(#require(fresh.headroom) - most) < 1e-3)
    #expect(fresh.network == fresh.trunk && fresh.standing == .notCompared)

    let free = try TaskLedger(task: "free", task(trunk, AdapterDescription()))
    #expect(free.statedFeatureUpper == nil && free.headroom == nil && free.adapterFactor == 1)
    let none = try TaskLedger(task: "none", task(trunk, nil))
    #expect(none.adapterFactor == 1 && none.headroom == nil)
  }

  /// A side path's blocks stand behind the trunk's features, and are additions by themselves.
  @Test(arguments: [1, 2, 3] as [UInt64]) func aSidePathIsAllAddition(seed: UInt64) throws {
    let stream = RandomStream(seed: seed)
    let description = NetworkDescription(depth: 8, width: 3)
    let trunk = try description.makeTrunk(
      inputShape: [2, 8, 8], statistics: .init(mean: [0.5, 0.4], std: [0.2, 0.3]), stream: stream)
    try trunk.freeze()
    let own = try Adapter(for: trunk, .init(kind: .side, budget: 0.5), stream: stream)
    for parameter in Members(of: own).parameters.values {
      try parameter.value.assign(Tensor.normal(parameter.value.shape, stream.stream("side")))
    }
    let head = try description.makeHead(features: trunk.featureCount, classCount: 3, stream: stream)
    let ledger = try TaskLedger(task: "side", TaskNetwork(trunk: trunk, adapter: own, head: head))
    let blocks = ledger.additions.filter { $0.name == "side.0" || $0.name == "side.1" }
    #expect(blocks.count == 2 && blocks.allSatisfy { $0.trunk == 1 && $0.adapted > 1.4 && $0.adapted < 1.501 })
    #expect(try #require(ledger.headroom) < 1.15 && #require(ledger.adapterFactor) > 1)
  }

  /// An adapter that is learned later leaves what was certified; a change of the trunk voids it, and is named.
  @Test func whatStands() throws {
    let trunk = try trunk()
    let first = try task(trunk, AdapterDescription(budget: 0.25), pointing: true)
    let certified = IssuedBound(try first.deployed().lipschitzBound())
    let second = try task(trunk, AdapterDescription(budget: 0.25))
    for parameter in Members(of: try #require(second.adapter)).parameters.values {
      try parameter.value.assign(Tensor.normal(parameter.value.shape, stream.stream("second")))
    }
    #expect(try TaskLedger(task: "first", first, certified: certified).standing == .stands)
    guard case .changed = try TaskLedger(task: "second", second, certified: certified).standing else {
      Issue.record("a certificate of one task passed for another's")
      return
    }
    // The least change of one weight of the last layer.
    let layer = try #require(trunk.adaptableLinears.last)
    let step = try Tensor([Float](repeating: 0, count: 15) + [0x1p-23], [4, 4])
    try layer.weight.value.assign(layer.weight.value + step)
    let ledgers = try [TaskLedger(task: "first\u{1B}[31m", first, certified: certified)]
    #expect(ledgers[0].standing == .changed(stage: layer.site))
    let table = LedgerTable(ledgers)
    #expect(table.text.contains("void: '\(layer.site)' changed") && !table.text.contains("\u{1B}"))
    #expect(table.text.split(separator: "\n").count == 3)
    let data = try JSONEncoder().encode(ledgers)
    #expect(try JSONDecoder().decode([TaskLedger].self, from: data) == ledgers)
    // The bound that was kept is a value, and says what it was.
    #expect(ledgers[0].issuedUpper == certified.upper)
    #expect(try JSONDecoder().decode(IssuedBound.self, from: JSONEncoder().encode(certified)) == certified)
  }

  /// A bound of another network is refused, not believed.
  @Test func theBoundMustBeTheNetworksOwn() throws {
    let trunk = try trunk()
    let (bare, adapted) = try (task(trunk, nil), task(trunk, AdapterDescription(budget: 0.25), pointing: true))
    let bound = try bare.deployed().lipschitzBound()
    #expect(throws: LipschitzError.self) {
      try TaskLedger(task: "t", adapted, adapted.deployed(), bound: bound)
    }
    #expect(try TaskLedger(task: "t", bare, bare.deployed(), bound: bound) == TaskLedger(task: "t", bare))
  }
}
