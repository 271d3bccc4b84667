import Foundation
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

@TorchActor @Suite struct LedgerTests {
  init() throws { try Torch.setThreads(1) }

  /// Within so many roundings of each other.
  private func close(_ a: Double, _ b: Double, roundings: Int) -> Bool {
    abs(a - b) <= Double(roundings) * 0x1p-52 * max(abs(a), abs(b))
  }

  private func checkSums(_ entries: [LedgerEntry], _ note: String) {
    for entry in entries {
      guard let block = entry.block else {
        #expect(entry.chain == entry.factor && entry.plain == entry.factor, "\(note): \(entry.name)")
        continue
      }
      #expect(close(block.shortcutEntries.map(\.factor).reduce(1, *), block.shortcut, roundings: 8), "\(note)")
      #expect(close(block.branchEntries.map(\.factor).reduce(1, *), block.branch, roundings: 8), "\(note)")
      let branch = abs(block.branchScale) * block.branch
      let sum = block.isImplicit ? 1 / (1 - branch) : block.shortcut + branch
      #expect(close(entry.factor, sum, roundings: block.isImplicit ? 64 : 4) && entry.factor >= sum, "\(note)")
      let part = block.isImplicit ? branch : branch / sum
      #expect(abs(block.branchShare - part) < 1e-12, "\(note)")
      checkSums(block.shortcutEntries + block.branchEntries, note)
    }
  }

  @Test(arguments: 0..<8) func factorsMultiplyBackToTheTotal(seed: Int) throws {
    let random = RandomStream(seed: UInt64(seed))
    let network = try residualNetwork(
      width: 2 + random.integer(below: 3, at: 0), depth: 1 + random.integer(below: 2, at: 1), input: [2, 8, 8],
      seed: seed, branchScale: random.uniform(at: 2) * 2 - 1)
    let bound = try network.lipschitzBound()
    let ledger = LipschitzLedger(bound)
    let note = "seed \(seed)"
    #expect(ledger.entries.map(\.name) == network.stages.map(\.name), "\(note)")
    #expect(ledger.product == bound.upper && ledger.remainder == 1, "\(note)")
    #expect(ledger.body.product == bound.featureUpper, "\(note)")
    let plainProduct = ledger.entries.map(\.factor).reduce(1, *)
    #expect(close(plainProduct, bound.upper, roundings: 2 * ledger.entries.count), "\(note)")
    checkSums(ledger.entries, note)
    // Layers are those of the bound, with their figures.
    func layers(_ entries: [LedgerEntry]) -> [LedgerEntry] {
      entries.flatMap { entry in entry.block.map { layers($0.shortcutEntries + $0.branchEntries) } ?? [entry] }
    }
    #expect(layers(ledger.entries).map(\.factor) == bound.layers.map(\.upper), "\(note)")
    #expect(layers(ledger.entries).map(\.name) == bound.layers.map(\.name), "\(note)")
    // The three figures, side by side, and what the network really does.
    let (chain, plain) = try (#require(ledger.chain), #require(ledger.plain))
    #expect(plain < bound.upper && bound.upper < chain, "\(note): \(plain), \(bound.upper), \(chain)")
    let pixels = try Tensor.uniform([2] + network.inputShape, random.stream("x"))
    let lower = try lipschitzLowerBound(of: network, pixels: pixels, iterations: 10, stream: random)
    #expect(lower.value > 0 && lower.value <= bound.upper, "\(note)")
  }

  /// The plain twin's bound is that of the network with its shortcuts taken out.
  @Test(arguments: 0..<4) func thePlainTwinIsTheNetworkWithoutShortcuts(seed: Int) throws {
    let network = try residualNetwork(width: 3, depth: 1, input: [2, 8, 8], seed: seed, branchScale: -0.5)
    let body = network.body.flatMap { stage -> [Stage] in
      guard case .residual(_, let branch, let scale) = stage.operation else { return [stage] }
      return branch + [Stage("\(stage.name).scale", .scale(scale))]
    }
    let twin = try DeployedNetwork(
      inputShape: network.inputShape, body: body, headWeight: network.headWeight, headBias: network.headBias
    ).lipschitzBound()
    let plain = try #require(LipschitzLedger(network.lipschitzBound()).plain)
    #expect(close(plain, twin.upper, roundings: 64), "seed \(seed): \(plain), \(twin.upper)")
  }

  /// The chain bounds the network too: fork, both ways and sum as linear operators, by their singular values.
  @Test(arguments: 0..<6) func theChainIsTheProductOfItsOperators(seed: Int) throws {
    let stream = RandomStream(seed: UInt64(seed))
    let carry = try Tensor.normal([5, 5], stream.stream("carry"), dtype: .float64)
    let field = try Tensor.normal([5, 5], stream.stream("field"), dtype: .float64)
    let scale = stream.uniform(at: 0) * 4 - 2
    let block = Stage(
      "block",
      .residual(
        shortcut: [Stage("s", .linear(weight: carry, bias: nil))],
        branch: [Stage("f", .linear(weight: field, bias: nil))], branchScale: scale))
    let network = DeployedNetwork(
      inputShape: [5], body: [block], headWeight: try .eye(5, dtype: .float64), headBias: try .zeros([5]))
    let ledger = LipschitzLedger(try network.lipschitzBound())
    let eye = try Tensor.eye(5, dtype: .float64)
    let zero = try eye.zerosLike()
    func norm(_ matrix: Tensor) throws -> Double { try matrix.singularValues().max().item() }
    let fork = try norm(.concatenated([eye, eye], 0))
    let both = try norm(
      .concatenated([.concatenated([carry, zero], 1), .concatenated([zero, field * scale], 1)], 0))
    let chain = try #require(ledger.body[0].chain)
    #expect(abs(chain / (fork * both * fork) - 1) < 1e-4, "seed \(seed)")
    let exact = try norm(carry + field * scale)
    #expect(exact <= ledger.body[0].factor && ledger.body[0].factor <= chain, "seed \(seed)")
  }

  /// z = h + τF(z) with ‖F‖ = ½ and τ = 1: 1/(1 − ½), half of it the branch's.
  @Test func anImplicitBlock() throws {
    let half = try Tensor.eye(3, dtype: .float64) * 0.5
    let network = DeployedNetwork(
      inputShape: [3],
      body: [Stage("root", .implicit(branch: [Stage("f", .linear(weight: half, bias: nil))], step: 1))],
      headWeight: try .eye(3, dtype: .float64), headBias: try .zeros([3]))
    let ledger = LipschitzLedger(try network.lipschitzBound())
    let entry = ledger.body[0]
    let block = try #require(entry.block)
    #expect(block.isImplicit && abs(entry.factor - 2) < 1e-4 && abs(block.branchShare - 0.5) < 1e-4)
    #expect(entry.chain == entry.factor && abs((entry.plain ?? 0) - 0.5) < 1e-4)
    checkSums(ledger.entries, "implicit")
  }

  @Test func valuesAndWords() throws {
    let network = try residualNetwork(width: 2, depth: 1, input: [2, 8, 8], seed: 3)
    let ledger = LipschitzLedger(try network.lipschitzBound())
    let data = try JSONEncoder().encode(ledger)
    #expect(try JSONDecoder().decode(LipschitzLedger.self, from: data) == ledger)
    let table = LedgerTable(ledger)
    let lines = table.text.split(separator: "\n")
    #expect(table.rows.allSatisfy { $0.count == table.header.count } && lines.count == table.rows.count + 2)
    #expect(table.rows.contains { $0[0] == "  layer2.0.shortcut" } && table.rows.contains { $0[0] == "head" })
    let total = String(format: "%.4g", ledger.upper)
    #expect(table.rows.suffix(2).allSatisfy { $0[2] == total }, "the running product ends at the total")
    // A bound that is no product of its parts says what is left.
    let scaled = LipschitzLedger(try network.lipschitzBound().scaled(by: 0.5))
    #expect(scaled.remainder == 0.5 && LedgerTable(scaled).rows.contains { $0[0] == "network as a whole" })
  }

  @Test func nothingIsMadeOfABoundOfZero() throws {
    let zero = try Tensor.zeros([3, 3], dtype: .float64)
    let block = Stage(
      "block",
      .residual(
        shortcut: [Stage("s", .scale(0))], branch: [Stage("f", .linear(weight: zero, bias: nil))], branchScale: 1))
    let network = DeployedNetwork(
      inputShape: [3], body: [block], headWeight: try .eye(3, dtype: .float64), headBias: try .zeros([3]))
    let ledger = LipschitzLedger(try network.lipschitzBound())
    let share = try #require(ledger.body[0].block).branchShare
    #expect(ledger.upper < 1e-100 && (0...1).contains(share) && ledger.remainder == 1)
    #expect(throws: Never.self) { try JSONEncoder().encode(ledger) }
  }
}
