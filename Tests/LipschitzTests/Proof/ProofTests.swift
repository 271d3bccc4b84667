import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// Honest certificates are confirmed, and each lie is refused with the name of what it is about.
@TorchActor @Suite struct ProofTests {
  private func networks() throws -> [(String, DeployedNetwork)] {
    let stream = RandomStream(seed: 5)
    let implicit = try taskNetwork(
      NetworkDescription(
        depth: 8, width: 3, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.5), branchBudget: 0.9,
        headBudget: 4), seed: 1)
    try implicit.settleConstraints()
    let shapes = [[12, 8], [8, 12], [5, 8]]
    let weights: [Tensor] = try shapes.enumerated().map { try Tensor.normal($1, stream.stream($0)) * 0.3 }
    let all: [(String, DeployedNetwork)] = try [
      // Large enough for spectra, and small enough for matrices only.
      ("plain", residualNetwork(width: 6, depth: 1, input: [3, 12, 12], seed: 1, branchScale: 0.2)),
      ("small", residualNetwork(width: 2, depth: 1, input: [1, 6, 6], classes: 3, seed: 2, branchScale: -0.5)),
      ("mixed", mixedNetwork(seed: 3)),
      ("adapted", adaptedNetwork(seed: 4)),
      ("perceptron", perceptron(weights)), ("implicit", implicit.deployed()),
    ]
    return all
  }

  @Test func honestCertificatesAreConfirmed() throws {
    try Torch.setThreads(1)
    for (name, network) in try networks() {
      let proof = try Proof(network, seed: 1)
      let samples = try #require(proof.claim.samples)
      #expect(samples.list.contains { ($0.radiusL2 ?? 0) > 0 }, "\(name)")
      let findings = try proof.check(proof.claim)
      #expect(findings.isConfirmed, "\(name): \(findings.refusals.map(\.description))")
      #expect(findings.images == 10 && findings.norms.map(\.stage).contains("head"))
      // What the room costs.
      let bound = try network.lipschitzBound()
      #expect(proof.claim.featureUpper >= bound.featureUpper)
      #expect(proof.claim.featureUpper <= bound.featureUpper * (1 + 1e-5))
      let plain = try certify(
        network, bound: bound, pixels: proof.pixels, labels: proof.labels, basis: samples.basis)
      for (stated, found) in zip(samples.list, plain.samples) {
        guard let stated = stated.radiusL2, let found = found.radiusL2, found > 1e-5 else { continue }
        #expect(stated <= found && stated >= found * 0.999, "\(name): \(stated) of \(found)")
      }
    }
  }

  /// The check takes every way to a norm.
  @Test func everyWayIsTaken() throws {
    try Torch.setThreads(1)
    var ways: Set<String> = []
    for (_, network) in try networks() {
      for stage in try NetworkClaim(name: "", network, bound: network.lipschitzBound()).body.flattened {
        ways.insert(stage.method.map { "\($0)".prefix { $0 != "(" }.description } ?? "")
      }
    }
    #expect(ways.isSuperset(of: ["matrix", "spectrum"]), "\(ways)")
  }

  @Test func anyNormOnePercentLowerIsRefused() throws {
    try Torch.setThreads(1)
    for (name, network) in try networks() {
      let claim = try NetworkClaim(name: name, network, bound: network.lipschitzBound(), iterations: 5)
      let names = claim.body.flattened.map(\.name) + ["head"]
      for stage in names {
        var lie = claim
        lie.body = claim.body.map { $0.scaling(stage, by: 0.99) }
        lie.head = claim.head.scaling(stage, by: 0.99)
        let findings = try ProofChecker(iterations: 5).check(lie, of: network)
        let refused = findings.refusals.filter { $0.place == stage }
        #expect(refused.count == 1 && findings.refusals.count == 1, "\(name), \(stage): \(findings.refusals)")
        #expect(refused.allSatisfy { ($0.claimed ?? .infinity) < ($0.found ?? 0) }, "\(refused)")
      }
      for (place, path) in [("features", \.featureUpper), ("logits", \.upper)]
        as [(String, WritableKeyPath<NetworkClaim, Double>)]
      {
        var lie = claim
        lie[keyPath: path] *= 0.99
        let findings = try ProofChecker(iterations: 5).check(lie, of: network)
        #expect(findings.refusals.map(\.place) == [place] && findings.refusals[0].verdict == .refuted, "\(name)")
      }
      var lie = claim
      lie.headRows[1] *= 0.99
      #expect(try ProofChecker(iterations: 5).check(lie, of: network).refusals.map(\.quantity) == ["norm of row 1"])
    }
  }

  /// Larger than necessary is no lie, however much.
  @Test func looseClaimsAreConfirmed() throws {
    let proof = try Proof(mixedNetwork(seed: 7), seed: 7)
    var loose = proof.claim
    for stage in loose.body.flattened.map(\.name) { loose.body = loose.body.map { $0.scaling(stage, by: 2) } }
    loose.featureUpper *= 5000
    loose.upper *= 5000
    #expect(try proof.checkNetwork(loose).isConfirmed)
    // But then radii are not what the norms support.
    let refusals = try proof.checkImages(loose).refusals
    #expect(!refusals.isEmpty && refusals.allSatisfy { $0.quantity.hasSuffix("radius") })
  }

  @Test func anyRadiusOnePercentHigherIsRefused() throws {
    try Torch.setThreads(1)
    for (name, network) in try networks() {
      let proof = try Proof(network, seed: 2, count: 6)
      let samples = try #require(proof.claim.samples)
      for (place, sample) in samples.list.enumerated() where (sample.radiusL2 ?? 0) > 0 {
        for (quantity, path) in [
          ("L2 radius", \.radiusL2), ("L∞ radius", \.radiusLinf), ("margin", \.margin),
        ] as [(String, WritableKeyPath<SampleClaim, Double?>)] {
          var lie = proof.claim
          lie.samples?.list[place][keyPath: path] = (sample[keyPath: path] ?? 0) * 1.01
          let refusals = try proof.checkImages(lie).refusals
          #expect(
            refusals.map(\.quantity) == [quantity] && refusals[0].place == "image \(place + 100)",
            "\(name), \(place), \(quantity): \(refusals)")
        }
      }
    }
  }

  @Test func whatItIsAboutIsChecked() throws {
    let proof = try Proof(variedNetwork(seed: 9), seed: 9)
    let other = try Proof(variedNetwork(seed: 10), seed: 9)
    #expect(try proof.checkNetwork(other.claim).refusals.map(\.quantity) == ["digest"])
    var lie = proof.claim
    lie.digest = String(repeating: "0", count: 64)
    #expect(try proof.checkNetwork(lie).refusals.map(\.quantity) == ["digest"])
    // Norms of another network under this one's digest.
    lie = other.claim
    lie.digest = proof.claim.digest
    #expect(try !proof.checkNetwork(lie).isConfirmed)

    let list = try #require(proof.claim.samples).list
    // Labels of two images swapped, in the certificate and in the data.
    let second = try #require(list.indices.first { list[$0].label != list[0].label && list[$0].radiusL2 != nil })
    lie = proof.claim
    lie.samples?.list[0].label = list[second].label
    lie.samples?.list[second].label = list[0].label
    #expect(try proof.checkImages(lie).refusals.map(\.quantity) == ["label", "label"])
    var labels = proof.labels
    labels.swapAt(0, second)
    #expect(
      try proof.checkImages(lie, labels: labels).refusals.allSatisfy { $0.quantity == "prediction" && $0.place != "" })
    #expect(try proof.checkImages(lie, labels: labels).refusals.count == 2)
    // A radius for an image that is not classified as labelled.
    lie = proof.claim
    lie.samples?.list[4].radiusL2 = 1e-9
    #expect(try proof.checkImages(lie).refusals.map(\.place) == ["image 104"])
    // Images in another order.
    let turned = try ProofChecker().checkImages(proof.claim, of: proof.network) { indices in
      (try proof.pixels.selecting(0, Tensor(indices: indices.reversed().map { $0 - 100 })), proof.labels)
    }
    #expect(turned.refusals.count == 10 && turned.refusals.allSatisfy { $0.quantity == "digest" })
    #expect(try proof.checkImages(proof.claim, limit: 3).images == 3)
  }

  @Test func structureIsChecked() throws {
    let network = try residualNetwork(width: 2, depth: 1, input: [1, 6, 6], classes: 3, seed: 2)
    let claim = try NetworkClaim(name: "", network, bound: network.lipschitzBound())
    func refusals(_ change: (inout NetworkClaim) -> Void) throws -> [Refusal] {
      var lie = claim
      change(&lie)
      return try ProofChecker().check(lie, of: network).refusals
    }
    #expect(try refusals { _ in }.isEmpty)
    #expect(try refusals { $0.body.removeLast() }.contains { $0.quantity == "stages" })
    #expect(try refusals { $0.body.swapAt(1, 2) }.contains { $0.place == "conv1" && $0.quantity == "kind" })
    #expect(try refusals { $0.headRows.removeLast() }.map(\.quantity) == ["rows"])
    let block = try #require(claim.body.firstIndex { $0.block != nil })
    #expect(try refusals { $0.body[block].block = nil }.map(\.place) == [claim.body[block].name])
    #expect(try refusals { $0.body[block].block?.branch.removeFirst() }.contains { $0.quantity == "stages" })
  }
}

extension [StageClaim] {
  /// Every stage, blocks before their parts.
  var flattened: [StageClaim] {
    flatMap { stage in [stage] + (stage.block.map { ($0.shortcut + $0.branch).flattened } ?? []) }
  }
}

extension StageClaim {
  /// The stage of this name, or the one inside, with its norm multiplied.
  func scaling(_ name: String, by factor: Double) -> StageClaim {
    var changed = self
    if self.name == name { changed.upper *= factor }
    changed.block?.shortcut = block?.shortcut.map { $0.scaling(name, by: factor) } ?? []
    changed.block?.branch = block?.branch.map { $0.scaling(name, by: factor) } ?? []
    return changed
  }
}
