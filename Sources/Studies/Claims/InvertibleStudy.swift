import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// x ← y − F(x) undoes y = x + F(x) where L_F < 1. Source: Behrmann et al. 2019, Theorem 1.
struct InvertibleStudy: Study {
  let name = "invertible"
  let title = "A block whose branch contracts can be undone"
  let claim = """
    Where L_F < 1 the block y = x + F(x) is invertible, and x ← y − F(x) finds x with an error that falls like L_F^k down to \
    rounding (Behrmann et al. 2019, "Invertible Residual Networks", Theorem 1); where L_F > 1 it may fail.
    """
  let method = """
    Double precision throughout. Linear branches cQ, Q orthogonal, in 16 dimensions. Trained: residual MLPs (6 blocks of \
    width 32) and the shape-keeping blocks of residual CNNs (14 layers, width 8) with layer norms at most 0.8, and the same \
    MLPs without a budget and with He initialisation, all on 14×14 images, deployed; a rigorous upper bound on L_F of every \
    block, the power iteration of the budgets having been carried on for 300 passes after training; 300 iterations from y at \
    test images' states.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      Linear branches, c = 0.3, 0.6, 0.9: the error after k iterations is c^k of the first to 1e-4 (relative) as long \
      as it is above 1e-9.
      """),
    .check(
      """
      Trained constrained networks: every block has L_F < 1, and no error after k iterations is above L_F^k of the \
      first by more than rounding (1e-13 of the state).
      """),
    .check(
      """
      Trained constrained MLPs are undone from the last block to the first to 1e-10 (relative), and so is every single \
      block of the CNNs.
      """),
    .check(
      """
      Where L_F > 1 it may fail: x − 2 relu(x) sends x and −x to one point, and for cQ with c = 1.5 the iteration \
      moves away from x.
      """),
  ]
  let conditions = """
    L_F < 1 is sufficient, not necessary: a block with L_F > 1 may well be invertible, and the iteration may still find the \
    inverse, as a finding on free networks shows. Projections that change the shape have no inverse. Through a whole \
    network rounding grows by up to 1/(1 − L_F) a block, so budgets close to 1 and many blocks lose digits. What is inverted \
    is the chain of blocks: stem, ReLU and head in front of and behind it lose information.
    """

  let inverse = ResidualInverse(iterations: 300)

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: 14, train: setting.choose(tiny: 60, quick: 1_500, full: 60_000),
      test: setting.choose(tiny: 20, quick: 500, full: 5_000))
    let linear = try linearDeviation([0.3, 0.6, 0.9], setting.stream(0, "linear"))
    var (excess, bounds): ([Double], [Double]) = ([], [])
    var (whole, single, free, accuracies): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    var steepness: [Double] = []
    var curve: [StudyFigure.Series] = []
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("trained networks", Double(index) / Double(setting.seeds.count))
      let dense = try trained(mlp(budget: 0.8), images, setting, setting.stream(seed, "mlp"))
      let convolutional = try trained(
        NetworkDescription(depth: setting.choose(tiny: 8, quick: 14, full: 56), norm: .none, branchBudget: 0.8), images,
        setting, setting.stream(seed, "cnn"))
      let unbound = try trained(mlp(budget: nil), images, setting, setting.stream(seed, "free"))
      accuracies.append(dense.accuracy)
      for entry in dense.blocks.entries + convolutional.blocks.entries {
        let errors = try withoutGradients { try inverse.errors(entry.input, entry.branch) }
        bounds.append(entry.lipschitz)
        excess.append(try largestExcess(errors, entry))
        if entry.name == dense.blocks.entries.last?.name { curve = series(errors, entry.lipschitz) }
      }
      whole.append(try wholeError(dense.blocks))
      single += try singleErrors(convolutional.blocks).flatMap(\.self)
      free += try singleErrors(unbound.blocks).flatMap(\.self)
      steepness += try unbound.blocks.entries.map { entry in
        let norms = try largestSingularValues(
          at: entry.input, iterations: 30, stream: setting.stream(seed, entry.name), entry.branch)
        return Statistics.largest(norms)
      }
    }
    let failure = try failures(setting.stream(0, "failure"))
    let recovered = Statistics.largest(whole + single)
    return StudyOutcome(
      judgements: [
        Judgement(linear <= 1e-4, "largest deviation from c^k: \(Judgement.text(linear))"),
        Judgement(
          !bounds.isEmpty && bounds.allSatisfy { $0 < 1 } && excess.allSatisfy { $0 <= 1e-13 },
          "largest bound on L_F \(Judgement.text(Statistics.largest(bounds))) over \(bounds.count) blocks; largest error above "
            + "L_F^k \(Judgement.text(Statistics.largest(excess))) of the state"),
        Judgement(
          !single.isEmpty && recovered <= 1e-10,
          "whole MLPs \(Judgement.text(Statistics.largest(whole))), single blocks of CNNs "
            + Judgement.text(Statistics.largest(single))),
        failure,
      ],
      findings: [
        .init(name: "whole network undone, relative error", seeds: whole),
        .init(name: "largest upper bound on L_F of a constrained block", value: Statistics.largest(bounds)),
        .init(name: "constrained MLPs: test accuracy", seeds: accuracies),
        .init(
          name: "free networks: blocks and images not undone to 1e-6",
          value: 100 * Double(free.count { !($0 <= 1e-6) }) / Double(max(1, free.count)), unit: "%"),
        .init(
          name: "free networks: blocks with L_F > 1 at a test image",
          value: 100 * Double(steepness.count { $0 > 1 }) / Double(max(1, steepness.count)), unit: "%"),
        .init(name: "free networks: largest ‖J_F‖ at a test image", value: Statistics.largest(steepness)),
      ],
      figures: [
        StudyFigure(
          title: "The error of the inverse falls at least as fast as L_F^k", x: .init("iterations"),
          y: .init("largest ‖x_k − x‖ over test images", .logarithmic), series: curve)
      ])
  }

  private func mlp(budget: Double?) -> NetworkDescription {
    NetworkDescription(
      architecture: .mlp, depth: 6, width: 32, initialization: budget == nil ? .he : .automatic, norm: .none,
      branchBudget: budget)
  }

  @TorchActor private func trained(
    _ description: NetworkDescription, _ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream
  ) throws -> (blocks: InvertibleBlocks, accuracy: Double) {
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 8, full: 60)),
      optimizer: OptimizerDescription(kind: .adam, learningRate: 3e-3, weightDecay: 0), schedule: .cosine)
    let network = try images.trainedNetwork(description, plan: plan, stream)
    // Training ends with estimates of the layers' norms that lag behind: a pass in training mode refines them.
    let one = try images.train.prefix(1).pixels
    let passes = description.branchBudget == nil ? 0 : setting.choose(tiny: 30, quick: 300, full: 300)
    try withoutGradients { for _ in 0..<passes { _ = try network.logits(one, .training) } }
    let pixels = try images.test.prefix(20).pixels.to(.float64)
    return (
      try InvertibleBlocks(network.deployed().inDoublePrecision(), pixels), try accuracy(of: network, on: images.test)
    )
  }

  /// How far an error lies above L_F^k of the first, in units of the state's length; at most 0 where none does.
  private func largestExcess(_ errors: [[Double]], _ entry: InvertibleBlocks.Entry) throws -> Double {
    let lengths = try entry.input.flattened().norm(2, [1]).doubles()
    var largest = -Double.infinity
    for (k, row) in errors.enumerated() {
      for (sample, error) in row.enumerated() {
        guard error.isFinite else { return .infinity }
        let allowed = errors[0][sample] * pow(entry.lipschitz, Double(k))
        largest = max(largest, (error - allowed) / lengths[sample])
      }
    }
    return largest
  }

  private func wholeError(_ blocks: InvertibleBlocks) throws -> Double {
    guard let first = blocks.entries.first, let last = blocks.entries.last else { return .nan }
    return try withoutGradients { try relativeDistance(blocks.inverse(of: last.output, inverse), first.input) }
  }

  /// The relative error of each block and image; NaN or infinite where the iteration ran away.
  private func singleErrors(_ blocks: InvertibleBlocks) throws -> [[Double]] {
    try withoutGradients {
      try blocks.entries.map { entry in
        let error = try (inverse(entry.output, entry.branch) - entry.input).flattened().norm(2, [1])
        return try (error / entry.input.flattened().norm(2, [1])).doubles()
      }
    }
  }

  private func series(_ errors: [[Double]], _ lipschitz: Double) -> [StudyFigure.Series] {
    let first = errors[0].max() ?? .nan
    return [
      .init(
        name: "last block of a trained MLP",
        points: errors.enumerated().map { .init(x: Double($0), y: $1.max() ?? .nan) }),
      .init(name: "L_F^k", points: errors.indices.map { .init(x: Double($0), y: first * pow(lipschitz, Double($0))) }),
    ]
  }
}
