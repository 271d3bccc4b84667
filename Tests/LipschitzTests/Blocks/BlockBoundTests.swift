import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

/// Bounds of whole random networks of every kind of block, against what their Jacobians and differences really are.
@TorchActor @Suite struct BlockBoundTests {
  typealias Description = NetworkDescription

  /// Every kind that has a bound, with what changes the bound's form.
  nonisolated static let descriptions: [Description] = {
    let kinds: [Description.BlockKind] = [.plain, .postActivation, .preActivation, .forwardEuler, .scaled]
    var all: [Description] = []
    for block in kinds {
      for norm in [Description.NormKind.batch, .none] {
        all.append(
          Description(
            depth: 8, width: 3, block: block, initialization: .he, norm: norm,
            dynamics: .init(step: 0.4, alpha: -0.6, beta: 0.3)))
      }
      all.append(
        Description(
          architecture: .mlp, depth: 3, width: 9, block: block, norm: .none,
          dynamics: .init(step: 0.4, alpha: 0.5, beta: 0.5), branchBudget: 0.8, headBudget: 3))
    }
    for shortcut in [Description.ShortcutKind.orthonormal, .pooled] {
      all.append(Description(depth: 8, width: 3, shortcut: shortcut))
    }
    all.append(
      Description(depth: 14, width: 3, block: .forwardEuler, norm: .none, dynamics: .init(step: 0.3, shared: true)))
    all.append(Description(depth: 8, width: 3, survival: 0.4))
    all.append(Description(depth: 8, width: 3, block: .postActivation, readout: .flattened))
    for budget in [nil, 0.8] {
      all.append(
        Description(
          architecture: .convnet, block: .plain, norm: .none, readout: .flattened, branchBudget: budget, headBudget: 3,
          convolutions: [.init(channels: 4, kernel: 4, stride: 2, padding: 1), .init(channels: 5, pool: 2)], hidden: [7]
        ))
    }
    all.append(Description(architecture: .resnet50, depth: 50, width: 2, block: .postActivation))
    return all
  }()

  @Test(arguments: descriptions) func noRatioExceedsTheBound(description: Description) throws {
    let isNamed = description.architecture == .resnet50
    for seed in 0..<(isNamed ? 1 : 2) {
      let network = try describedNetwork(description, input: isNamed ? [2, 16, 16] : [2, 7, 8], seed: seed)
      try check(network, "\(description.summary), seed \(seed)")
    }
  }

  /// Backward Euler where τL < 1, with a budget and without.
  @Test func rootsAreBounded() throws {
    for seed in 0..<2 {
      for description in [
        Description(depth: 8, width: 3, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.02)),
        Description(
          depth: 8, width: 3, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.9), branchBudget: 0.9),
        Description(
          architecture: .mlp, depth: 3, width: 9, block: .backwardEuler, norm: .none,
          dynamics: .init(step: 0.5, shared: true), branchBudget: 1.2),
      ] {
        let trained = try taskNetwork(description, seed: seed)
        try trained.settleConstraints()
        let network = try trained.deployed()
        try check(network, "\(description.summary), seed \(seed)")
        let blocks = try network.lipschitzBound().blocks
        #expect(!blocks.isEmpty && blocks.allSatisfy { $0.upper > 1 && $0.branchScale == description.dynamics.step })
      }
    }
  }

  /// ‖f(x) − f(y)‖ / ‖x − y‖ far and near, and the Jacobian's norm, against the bound.
  private func check(_ network: DeployedNetwork, _ note: String) throws {
    let bound = try network.lipschitzBound()
    let stream = RandomStream(seed: 5)
    let x = try Tensor.uniform([6] + network.inputShape, stream.stream("x"), dtype: .float64)
    for (step, size) in [1, 1e-2].enumerated() {
      let y = try x + Tensor.normal(x.shape, stream.stream(step), dtype: .float64) * size
      let distance = try sampleNorms(x - y)
      let (logits, features) = try withoutGradients {
        try (
          sampleNorms(network.logits(x) - network.logits(y)), sampleNorms(network.features(x) - network.features(y))
        )
      }
      #expect(zip(logits, distance).allSatisfy { $0 <= bound.upper * $1 }, "\(note)")
      #expect(zip(features, distance).allSatisfy { $0 <= bound.featureUpper * $1 }, "\(note)")
    }
    let lower = try lipschitzLowerBound(
      of: network, pixels: x.narrowed(0, from: 0, count: 2), iterations: 10, stream: stream.stream("v"))
    #expect(lower.value > 0 && lower.value <= bound.upper, "\(note): \(lower.value) above \(bound.upper)")
  }

  /// Its constant grows with the input, so a highway network is refused, and the reason says why.
  @Test func highwayIsRefused() throws {
    for description in [
      Description(depth: 8, width: 3, block: .highway),
      Description(architecture: .mlp, depth: 2, width: 5, block: .highway, norm: .none),
    ] {
      let network = try describedNetwork(description, seed: 1)
      let error = #expect(throws: LipschitzError.self) { try network.lipschitzBound() }
      guard case .unboundable(let layer, let reason) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(layer == (description.architecture == .mlp ? "blocks.0" : "layer1.0"))
      #expect(reason.contains("gate multiplies two functions of the input"))
    }
  }

  /// (1 − T) x + 1000 T with T = σ(x): no layer has a norm above 1, and the slope at 0 is 250.5.
  @Test func theReasonForTheRefusalIsTrue() throws {
    let one = try Tensor.ones([1, 1], dtype: .float64)
    let zero = try Tensor.zeros([1, 1], dtype: .float64)
    let stage = Stage(
      "h",
      .highway(
        shortcut: [], gate: [Stage("g", .linear(weight: one, bias: nil))],
        branch: [
          Stage("f", .linear(weight: zero, bias: nil)),
          Stage("b", .affine(scale: nil, shift: try Tensor([Double(1000)], [1]))),
        ]))
    let leaf = try zero.asLeaf()
    let slope = try gradients(of: stage.apply(leaf).sum(), withRespectTo: [leaf])[0]
    #expect(try abs(#require(slope).item() - 250.5) < 1e-9)
  }
}
