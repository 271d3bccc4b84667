import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// ∂F/∂h is local for a convolution, dense for attention. Source: Luo et al. 2016; Vaswani et al. 2017.
struct FieldStudy: Study {
  let name = "field"
  let title = "A convolution's Jacobian is local, attention's is dense"
  let claim = """
    A convolutional branch is a local field: an output depends on a window around it, which grows by the kernel's radius with \
    every layer (Luo et al. 2016, "Understanding the Effective Receptive Field"). Attention is a global one: every token \
    depends on every other in a single block (Vaswani et al. 2017; Cordonnier et al. 2020).
    """
  let method = """
    Dense Jacobians in double precision at test images of 12×12 pixels, and the share of entries that are not exactly zero \
    by the distance of output and input position (the larger of the differences of row and column). Convolutions: the first \
    stage of residual networks of 20 layers (three blocks of two 3×3 convolutions, width 4, batch norm), trained. Attention: \
    one head of width 8, softmax(QKᵀ/√d)V with one token a pixel and learned positions, in a residual classifier, trained.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      The Jacobian of a convolutional branch (two 3×3 convolutions) is exactly zero beyond distance 2, and not up to \
      it.
      """),
    .check("That of k blocks in sequence is exactly zero beyond distance 2k, and reaches it, for k = 1, 2, 3."),
    "The Jacobian of the attention branch has at least 99 % entries that are not zero at every distance.",
  ]
  let conditions = """
    Locality is exact and follows from kernels and padding alone; it ends where depth, stride or pooling have made the window \
    as large as the image. Batch norm is local in evaluation only: in training, and with group or layer norm over positions \
    always, statistics tie all positions together. Attention's field is dense in that entries differ from zero, not in that \
    they are alike: the softmax may make far entries small, which a finding shows, and masks or windows make it local by \
    construction.
    """

  private let side = 12

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: side, train: setting.choose(tiny: 40, quick: 1_000, full: 60_000),
      test: setting.choose(tiny: 10, quick: 500, full: 5_000))
    let samples = setting.choose(tiny: 1, quick: 4, full: 32)
    var (branches, attentions): ([JacobianField], [JacobianField]) = ([], [])
    var chains: [[JacobianField]] = []
    var (convolutional, attending): ([Double], [Double]) = ([], [])
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("trained fields", Double(index) / Double(setting.seeds.count))
      let network = try convolutionalNetwork(images, setting, setting.stream(seed, "convolution"))
      convolutional.append(try accuracy(of: network, on: images.test))
      try network.trunk.becomeFloat64()
      let passage = Passage(adapter: nil, mode: .evaluation)
      let blocks = network.trunk.blocks.prefix(3)
      let attention = try attentionNetwork(images, setting, setting.stream(seed, "attention"))
      attending.append(try accuracy(on: images.test) { try attention.logits($0) })
      for image in 0..<samples {
        let pixels = try images.test.pixels.narrowed(0, from: image, count: 1)
        let h = try withoutGradients { try network.trunk.embed(pixels.to(.float64), passage) }
        branches.append(try field(h, .channelsFirst) { try blocks[0].branch.forward($0, passage) })
        chains.append(
          try (1...blocks.count).map { count in
            try field(h, .channelsFirst) { try blocks.prefix(count).reduce($0) { try $1.forward($0, passage) } }
          })
        let tokens = try withoutGradients { try attention.tokens(pixels).to(.float64) }
        attentions.append(try field(tokens, .channelsLast) { try attention.branch($0) })
      }
    }
    let reaches = branches.map(\.reach)
    let isFilled = branches.allSatisfy { $0.shares.prefix(3).allSatisfy { $0 > 0 } }
    let chainReaches = chains.map { $0.map(\.reach) }
    let least = attentions.flatMap(\.shares).min() ?? .nan
    let attention = JacobianField.mean(attentions)
    return StudyOutcome(
      judgements: [
        Judgement(isFilled && reaches.allSatisfy { $0 == 2 }, "distances reached: \(Set(reaches).sorted())"),
        Judgement(
          chainReaches.allSatisfy { $0 == [2, 4, 6] },
          "distances reached by 1, 2, 3 blocks: \(Set(chainReaches).map { "\($0)" }.sorted().joined(separator: ", "))"),
        Judgement(least >= 0.99, "smallest share at any distance: \(Judgement.text(least)), to be at least 0.99"),
      ],
      findings: [
        .init(name: "attention: smallest share of non-zero entries at any distance", value: least),
        .init(name: "convolution: largest distance of a non-zero entry", value: Double(reaches.max() ?? -1)),
        .init(
          name: "convolution: non-zero entries of the whole Jacobian",
          value: 100 * share(JacobianField.mean(branches)), unit: "%"),
        .init(name: "attention: non-zero entries of the whole Jacobian", value: 100 * share(attention), unit: "%"),
        .init(
          name: "attention: mean entry at the largest distance over that at distance 1",
          value: attention.magnitudes[side - 1] / attention.magnitudes[1]),
        .init(name: "convolution: test accuracy", seeds: convolutional),
        .init(name: "attention: test accuracy", seeds: attending),
      ],
      figures: [
        StudyFigure(
          title: "The share of entries that are not zero, by distance", x: .init("distance in positions"),
          y: .init("share"),
          series: [series("attention, one block", attention.shares)]
            + (0..<3).map { block in
              series("convolution, \(block + 1) blocks", JacobianField.mean(chains.map { $0[block] }).shares)
            }),
        StudyFigure(
          title: "The size of entries by distance", x: .init("distance in positions"),
          y: .init("mean entry, relative to distance 0", .logarithmic),
          series: [
            series("attention branch", relative(attention)), series("convolutional branch", relative(.mean(branches))),
          ]),
      ])
  }

  private func series(_ name: String, _ values: [Double]) -> StudyFigure.Series {
    StudyFigure.Series(name: name, points: values.enumerated().map { .init(x: Double($0.offset), y: $0.element) })
  }

  private func relative(_ field: JacobianField) -> [Double] { field.magnitudes.map { $0 / field.magnitudes[0] } }

  /// Over all entries: a distance counts by how many pairs of positions have it.
  private func share(_ field: JacobianField) -> Double {
    func pairs(within distance: Int) -> Double {
      let line = (0..<side).reduce(0) { $0 + min(side - 1, $1 + distance) - max(0, $1 - distance) + 1 }
      return Double(line * line)
    }
    let present = field.shares.enumerated().reduce(0.0) { sum, entry in
      sum + entry.element * (pairs(within: entry.offset) - (entry.offset > 0 ? pairs(within: entry.offset - 1) : 0))
    }
    return present / Double(side * side * side * side)
  }

  private func field(
    _ h: Tensor, _ layout: JacobianField.Layout, _ map: (Tensor) throws -> Tensor
  ) throws -> JacobianField {
    try JacobianField(jacobian(at: h, map), height: side, width: side, layout: layout)
  }

  private func plan(_ setting: StudySetting) -> TrainingPlan {
    TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 6, full: 40)),
      optimizer: OptimizerDescription(kind: .adam, learningRate: 5e-3, weightDecay: 0), schedule: .cosine)
  }

  @TorchActor private func convolutionalNetwork(
    _ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream
  ) throws -> TaskNetwork {
    try images.trainedNetwork(NetworkDescription(depth: 20, width: 4), plan: plan(setting), stream)
  }

  @TorchActor private func attentionNetwork(
    _ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream
  ) throws -> PixelAttention {
    let network = try PixelAttention(
      pixels: side * side, width: 8, classCount: images.classCount, stream: stream.stream("network"))
    try train(network.parameters, on: images.train, plan: plan(setting), stream: stream.stream("order")) { batch, _ in
      try network.logits(batch.pixels).crossEntropy(batch.targets)
    }.requireEnd(of: "the attention network")
    return network
  }
}
