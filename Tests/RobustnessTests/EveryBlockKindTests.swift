import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Robustness

/// Attacks on deployed networks of every kind of block, through every operation that a deployed network may have.
@TorchActor @Suite struct EveryBlockKindTests {
  init() throws { try useOneThread() }

  nonisolated static let descriptions: [NetworkDescription] = {
    typealias Architecture = NetworkDescription.Architecture
    let kinds: [NetworkDescription] = [Architecture.resnet, .mlp, .vit].flatMap { architecture in
      NetworkDescription.BlockKind.allCases.map { block in
        NetworkDescription(
          architecture: architecture, depth: architecture == .resnet ? 8 : 2, width: 8, block: block,
          initialization: .he,
          norm: block == .backwardEuler && architecture == .resnet ? .group : architecture.usualNorm,
          dynamics: .init(step: block == .backwardEuler ? 0.1 : 0.6, alpha: 0.7, beta: 0.2, gateBias: -0.5), heads: 2)
      }
    }.filter { (try? $0.validate()) != nil }
    let convnet = NetworkDescription(
      architecture: .convnet, block: .plain, norm: .none, readout: .flattened,
      convolutions: [.init(channels: 6, kernel: 4, stride: 2, padding: 1), .init(channels: 8, pool: 2)], hidden: [9])
    return kinds + [convnet]
  }()

  @Test func everyKindOfBlockIsAmongThem() {
    for block in NetworkDescription.BlockKind.allCases {
      let architectures = Self.descriptions.filter { $0.block == block }.map(\.architecture)
      #expect(architectures.contains(.resnet) && architectures.contains(.mlp), "\(block)")
    }
    #expect(Self.descriptions.filter { $0.architecture == .vit }.map(\.block).contains(.preActivation))
  }

  @Test(arguments: descriptions) func attacksStayInBallAndBoxAndPGDDoesNotLowerTheLoss(
    _ description: NetworkDescription
  ) throws {
    let network = try Self.deployed(description)
    let pixels = try images(4, seed: 11)
    let labels = try ownLabels(network, pixels)
    let ball = try ball(.linf, "2/255")
    let clean = try losses(network, pixels, labels)
    for attack in [FGSM(), PGD(steps: 4, restarts: 2)] as [any Attack] {
      let result = try attack.perturb(
        network, pixels: pixels, labels: labels, within: ball, streams: sampleStreams(4, seed: 3))
      let lengths = try plainDistances(.linf, result.adversarial, pixels)
      #expect(lengths.allSatisfy { $0 > 0 && $0 <= ball.radius }, "\(attack.name) \(lengths)")
      #expect(try result.adversarial.min().item() >= 0 && result.adversarial.max().item() <= 1)
      #expect(result.gradients.samples == 4 && result.gradients.nonFinite == 0 && result.gradients.zero == 0)
      guard attack is PGD else { continue }
      let attacked = try losses(network, result.adversarial, labels)
      #expect(zip(clean, attacked).allSatisfy { $0 <= $1 + 1e-6 }, "\(clean) \(attacked)")
      #expect(attacked.reduce(0, +) > clean.reduce(0, +))
    }
  }

  /// The attacks' gradient in double precision against central differences, and FGSM's step in single precision against
  /// the sign of it.
  @Test(arguments: descriptions) func theGradientOfTheAttackIsThatOfTheLoss(_ description: NetworkDescription) throws {
    let network = try Self.deployed(description)
    let exact = try network.mappingTensors { try $0.to(.float64) }
    // Off the faces of the box, so that clipping does not hide a sign.
    let clean = try images(3, seed: 12) * 0.5 + 0.25
    let pixels = try clean.to(.float64)
    let labels = try ownLabels(network, clean)
    let indices = try Tensor(indices: labels)
    let found = try InputGradient(exact, pixels, AttackObjective(.crossEntropy, labels: indices))

    let random = try Tensor.normal(pixels.shape, RandomStream(seed: 13), dtype: .float64)
    let direction = try random / random.norm()
    let analytic = try (found.gradient * direction).flattened().sum([1]).doubles()
    // A kink between two points is left behind by closer ones; the search for a root is no more exact than 1e-11.
    let isImplicit = description.block == .backwardEuler
    let agrees = try [1e-5, 1e-6].contains { step in
      let above = try losses(exact, pixels + direction * step, labels)
      let below = try losses(exact, pixels - direction * step, labels)
      return zip(analytic, zip(above, below)).allSatisfy { slope, values in
        abs((values.0 - values.1) / (2 * step) - slope) <= (isImplicit ? 2e-4 : 1e-6) * max(1e-2, abs(slope))
      }
    }
    #expect(agrees, "\(analytic)")
    #expect(analytic.allSatisfy { abs($0) > 1e-6 }, "a slope of zero would show nothing")

    let result = try FGSM().perturb(network, pixels: clean, labels: labels, within: ball(.linf, "1/255"))
    let step = try (result.adversarial.to(.float64) - pixels).sign()
    let isClear = try found.gradient.abs().greater(found.largest * 1e-2)
    #expect(try (step - found.gradient.sign()).abs().equal(0).or(isClear.equal(0)).allTrue())
  }

  /// A network of fresh weights over 3×8×8 pixels, its norms with scales and shifts of their own.
  static func deployed(_ description: NetworkDescription) throws -> DeployedNetwork {
    let stream = RandomStream(seed: 21).stream("every block")
    let trunk = try description.makeTrunk(
      inputShape: [3, 8, 8], statistics: PixelStatistics(mean: [0.4, 0.5, 0.6], std: [0.2, 0.25, 0.3]), stream: stream)
    for (path, parameter) in Members(of: trunk).parameters where parameter.value.rank == 1 {
      let random = try Tensor.normal(parameter.value.shape, stream.stream(path))
      try parameter.value.assign(parameter.value + random * 0.2)
    }
    let head = try description.makeHead(features: trunk.featureCount, classCount: 4, stream: stream.stream("head"))
    return try TaskNetwork(trunk: trunk, adapter: nil, head: head).deployed()
  }

  private func losses(_ network: DeployedNetwork, _ pixels: Tensor, _ labels: [Int]) throws -> [Double] {
    try withoutGradients {
      try network.logits(pixels).crossEntropy(Tensor(indices: labels), perSample: true).doubles()
    }
  }
}
