import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Constrained layers against the singular values of their explicit matrices.
@TorchActor
@Suite struct SpectralConstraintTests {
  /// The norm of a linear map on tensors of `shape`, from the images of all unit vectors.
  private func norm(_ shape: [Int], _ apply: (Tensor) throws -> Tensor) throws -> Double {
    let count = shape.reduce(1, *)
    let images = try apply(Tensor.eye(count, dtype: .float64).reshaped([count] + shape)).reshaped([count, -1])
    return try images.singularValues().max().item()
  }

  private func norm(_ weight: Tensor, of layer: Conv2d) throws -> Double {
    let weight = try weight.detached().to(.float64)
    return try norm([weight.size(1)] + layer.inputSize) { try $0.conv2d(weight, nil, layer.geometry) }
  }

  /// Adapters with a budget of their own are not merged before they are constrained, and beside a side path the trunk
  /// does not learn.
  nonisolated static let constrained = NetworkCase.all.filter {
    $0.description.branchBudget != nil && $0.description.constraint == .spectral && $0.description.readout == .pooled
      && $0.adapter?.budget == nil
      && $0.adapter?.kind != .side
  }

  @Test(arguments: constrained)
  func everyLayerKeepsItsBudget(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 1)
    let network = try subject.makeRandom(stream)
    // Weights far over every budget.
    for parameter in network.allParameters.values { try parameter.value.assign(parameter.value * 3) }
    let pixels = try subject.pixels(1, stream, dtype: .float32)
    for _ in 0..<100 { _ = try network.logits(pixels, .training) }

    let passage = Passage(adapter: network.adapter, mode: .evaluation)
    let budget = try #require(subject.description.branchBudget)
    func check(_ norm: Double, _ site: String, _ allowed: Double) {
      // A lower bound of the norm divides, so the result may be a little over, and not below.
      #expect(norm <= allowed * 1.02 && norm >= allowed * (1 - 1e-5), "\(site): \(norm), budget \(allowed)")
    }
    for layer in network.trunk.adaptableConvolutions {
      try check(norm(passage.merged(layer).weight, of: layer), layer.site, layer.site == "conv1" ? 1 : budget)
    }
    for layer in network.trunk.adaptableLinears {
      let values = try passage.merged(layer).weight.detached().to(.float64).singularValues()
      try check(values.max().item(), layer.site, layer.site == "input" ? 1 : budget)
    }
    let head = try network.head.effectiveWeight(.evaluation).detached().to(.float64)
    try check(head.singularValues().max().item(), "head", 2)
  }

  @Test func aSmallWeightIsLeftAlone() throws {
    let layer = try Conv2d(
      site: "c", inputs: 2, outputs: 3, kernel: 3, inputSize: [5, 5], bias: false, budget: 1000,
      stream: RandomStream(seed: 1))
    #expect(try layer.effectiveWeight(.training).detached().host() == layer.weight.value.detached().host())
  }

  @Test func aZeroWeightStaysZero() throws {
    let layer = try Conv2d(
      site: "c", inputs: 2, outputs: 3, kernel: 3, inputSize: [5, 5], bias: false, budget: 0.5, initialization: .zero,
      stream: RandomStream(seed: 1))
    for mode in [Mode.training, .evaluation] {
      #expect(try layer.effectiveWeight(mode).abs().max().item() == 0)
    }
    #expect(try Members(of: layer).buffers.values.allSatisfy { try $0.value.isFinite().allTrue() })
    let slope = try gradients(of: layer.effectiveWeight(.training).sum(), withRespectTo: [layer.weight.value])[0]
    #expect(try slope?.isFinite().allTrue() == true, "a zero branch can start to learn")
  }

  @Test func evaluationDoesNotMoveTheVector() throws {
    let layer = try Linear(site: "l", inputs: 4, outputs: 3, budget: 1, stream: RandomStream(seed: 1))
    let before = try layer.state()
    _ = try layer.effectiveWeight(.evaluation)
    #expect(try layer.state() == before)
    _ = try layer.effectiveWeight(.training)
    #expect(try layer.state() != before)
  }
}
