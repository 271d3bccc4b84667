import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@TorchActor @Suite struct LowerBoundTests {
  init() throws { try Torch.setThreads(1) }

  /// Below the norm of the matrix and equal to it, whether the direction comes from all rows or from power iteration.
  @Test func linearNetworks() throws {
    for (seed, classes) in [2, 10, 32, 33, 64, 200].enumerated() {
      let stream = RandomStream(seed: UInt64(seed))
      for (dtype, tolerance) in [(DType.float64, 1e-8), (.float32, 1e-6)] {
        // A leading value that power iteration separates quickly.
        let spike = try Tensor.ones([classes, 48], dtype: .float64)
        let weight = try (Tensor.normal([classes, 48], stream.stream("weight"), dtype: .float64) + spike).to(dtype)
        let exact = try weight.to(.float64).singularValues().max().item()
        let network = linearClassifier(weight, try .zeros([classes], dtype: dtype), input: [3, 4, 4])
        let found = try lipschitzLowerBound(
          of: network, pixels: .uniform([3, 3, 4, 4], stream.stream("x")), iterations: 100, stream: stream)
        for value in found.perSample {
          #expect(value <= exact && value >= exact * (1 - tolerance), "\(classes) classes: \(value) for \(exact)")
        }
      }
    }
  }

  /// A secant across kinks may be steeper than the Jacobian at the sample, and never steeper than the bound.
  @Test func residualNetworksReachTheirDenseJacobian() throws {
    for seed in 0..<6 {
      let network = try residualNetwork(
        width: 3, depth: 1, input: [2, 6, 6], classes: 2 + seed, seed: seed, branchScale: 0.5)
      let x = try Tensor.uniform([3, 2, 6, 6], RandomStream(seed: UInt64(seed)).stream("x"))
      let found = try lipschitzLowerBound(of: network, pixels: x, stream: RandomStream(seed: 0))
      #expect(try found.value <= network.lipschitzBound().upper)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      for (index, value) in found.perSample.enumerated() {
        let sample = try x.narrowed(0, from: index, count: 1).to(.float64)
        let largest = try singularValues(at: sample, exact.logits)[0]
        #expect(value >= largest * (1 - 1e-6), "seed \(seed): \(value) for \(largest)")
      }
    }
  }

  /// Many classes, explicit and implicit blocks, in both precisions.
  @Test func networksOfManyClassesComeNearTheirDenseJacobian() throws {
    for seed in 0..<2 {
      for description in [
        NetworkDescription(depth: 8, width: 3, block: .preActivation, norm: .none),
        NetworkDescription(
          architecture: .mlp, depth: 3, width: 20, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.02)),
        NetworkDescription(
          depth: 8, width: 3, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.5), branchBudget: 0.9),
      ] {
        let trained = try taskNetwork(description, input: [2, 5, 5], classes: 64, seed: seed)
        try trained.settleConstraints()
        let exact = try trained.deployed()
        let x = try Tensor.uniform([2, 2, 5, 5], RandomStream(seed: UInt64(seed)).stream("x"), dtype: .float64)
        let upper = try exact.lipschitzBound().upper
        for network in [exact, try exact.mappingTensors { try $0.to(.float32) }] {
          let found = try lipschitzLowerBound(of: network, pixels: x, stream: RandomStream(seed: 3))
          for (index, value) in found.perSample.enumerated() {
            let largest = try singularValues(at: x.narrowed(0, from: index, count: 1), exact.logits)[0]
            let note = "\(description.summary), seed \(seed): \(value) for \(largest), bound \(upper)"
            #expect(value >= 0.9 * largest && value <= upper, "\(note)")
          }
        }
      }
    }
  }

  /// f(x) = 2h − φ(h) + φ(−h) = h with h = Wx: at h = 0, where φ has no derivative, backward passes take φ′ = 0 and
  /// come out with the slope 2W of a function whose constant is ‖W‖.
  @Test func aKinkIsNotTakenForASlope() throws {
    for (seed, classes) in [3, 7, 40].enumerated() {
      let stream = RandomStream(seed: UInt64(seed)).stream("kink")
      let weight = try Tensor.normal([classes, 12], stream.stream("weight"), dtype: .float64)
      let identity = try Tensor.eye(classes, dtype: .float64)
      let network = DeployedNetwork(
        inputShape: [3, 2, 2],
        body: [
          Stage("flatten", .flatten), Stage("w", .linear(weight: weight, bias: nil)),
          Stage(
            "block",
            .residual(
              shortcut: [Stage("double", .scale(2))],
              branch: [
                Stage("both", .linear(weight: try Tensor.concatenated([identity, identity * -1], 0), bias: nil)),
                Stage("relu", .relu),
                Stage("join", .linear(weight: try Tensor.concatenated([identity * -1, identity], 1), bias: nil)),
              ], branchScale: 1)),
        ], headWeight: identity, headBias: try .zeros([classes], dtype: .float64))
      let exact = try weight.singularValues().max().item()
      let origin = try Tensor.zeros([1, 3, 2, 2], dtype: .float64)
      #expect(try abs(singularValues(at: origin, network.logits)[0] - 2 * exact) < 1e-9, "the premise")
      let found = try lipschitzLowerBound(of: network, pixels: origin, iterations: 200, stream: stream).value
      #expect(found <= exact && found >= exact * (1 - 1e-6), "\(classes) classes: \(found) for \(exact)")
    }
  }

  @Test func samplesDoNotDependOnTheirNeighbours() throws {
    let network = try residualNetwork(width: 2, depth: 1, input: [1, 4, 4], classes: 3, seed: 9)
    let x = try Tensor.uniform([70, 1, 4, 4], RandomStream(seed: 9))
    let found = try lipschitzLowerBound(of: network, pixels: x, stream: RandomStream(seed: 0))
    #expect(found.perSample.count == 70 && found.value == found.perSample.max())
    for index in [0, 63, 64, 69] {
      let alone = try lipschitzLowerBound(
        of: network, pixels: x.narrowed(0, from: index, count: 1), stream: RandomStream(seed: 1)
      ).value
      #expect(abs(alone - found.perSample[index]) < 1e-6 * alone)
    }
  }

  @Test func degenerateNetworks() throws {
    func value(_ weight: Tensor, _ classes: Int) throws -> Double {
      try lipschitzLowerBound(
        of: linearClassifier(weight, .zeros([classes]), input: [1, 2, 2]), pixels: .zeros([1, 1, 2, 2]),
        stream: RandomStream(seed: 0)
      ).value
    }
    for classes in [3, 40] {
      #expect(try value(.zeros([classes, 4]), classes) == 0)
      #expect(try value(.full(.nan, [classes, 4]), classes) == 0)
      #expect(throws: JacobianError.gradientsOff) { try withoutGradients { try value(.ones([classes, 4]), classes) } }
    }
    // Squares of these lie beyond single precision.
    let large = try value(.full(1e30, [3, 4]), 3)
    #expect(abs(large / (1e30 * 12.0.squareRoot()) - 1) < 1e-6)
  }

  /// f(x) = Σ over 2¹⁸ inputs of w_i x_i + b with w_i = ±ω by halves, so that every sum cancels: what summing in double
  /// precision loses is far above 2⁻⁴⁴ of the logits and looks like a slope that the function does not have.
  @Test func longCancellingSumsMakeNoSlope() throws {
    let stream = RandomStream(seed: 5).stream("cancelling")
    let (half, classes) = (1 << 17, 2)
    let weight = try Tensor.normal([classes, half], stream.stream("weight"), dtype: .float64)
    let first = Stage(
      "spread",
      .linear(
        weight: try Tensor.concatenated([
          Tensor.ones([half, 1], dtype: .float64), Tensor.ones([half, 1], dtype: .float64).negated(),
        ]), bias: nil))
    let head = try Tensor.concatenated([weight, weight], 1)
    let network = DeployedNetwork(
      inputShape: [1], body: [first], headWeight: head, headBias: try .zeros([classes], dtype: .float64))
    let x = try Tensor([0.7], [1, 1])
    // The function is 0, but what is computed is not.
    #expect(try network.logits(x * 1.01).doubles() != network.logits(x).doubles(), "the premise")
    #expect(try lipschitzLowerBound(of: network, pixels: x, stream: stream).value == 0)
  }

  /// With the bound at hand and without, and by the a-priori error where linear bounds do not reach.
  @Test func everyAccountOfRoundingLeavesAlmostAllOfTheSlope() throws {
    let stream = RandomStream(seed: 6).stream("accounts")
    for (seed, norm) in [NetworkDescription.NormKind.none, .batch, .group].enumerated() {
      let network = try describedNetwork(.init(width: 4, norm: norm), input: [2, 8, 8], seed: seed)
      let x = try Tensor.uniform([3, 2, 8, 8], stream, dtype: .float64)
      let bound = try network.lipschitzBound()
      let (with, without) = try (
        lipschitzLowerBound(of: network, pixels: x, bound: bound, stream: stream),
        lipschitzLowerBound(of: network, pixels: x, stream: stream)
      )
      for (index, pair) in zip(with.perSample, without.perSample).enumerated() {
        let largest = try singularValues(at: x.narrowed(0, from: index, count: 1), network.logits)[0]
        #expect(
          min(pair.0, pair.1) >= 0.99 * largest && max(pair.0, pair.1) <= bound.upper, "\(norm): \(pair), \(largest)")
      }
    }
    let highway = try describedNetwork(
      .init(architecture: .mlp, depth: 2, width: 6, block: .highway, norm: .none), input: [2, 3, 3], seed: 0)
    #expect(throws: LipschitzError.self) {
      try lipschitzLowerBound(of: highway, pixels: .zeros([1, 2, 3, 3], dtype: .float64), stream: stream)
    }
  }
}
