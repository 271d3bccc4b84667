import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// Whether margins m(h_l) grow block by block, and for which samples most. Source: Huang et al. 2018; Veit et al. 2016.
struct BoostingStudy: Study {
  let name = "boosting"
  let title = "The margin grows block by block"
  let claim = """
    Each residual block adds a weak correction to what the blocks before it decided, as boosting does: the classification \
    margin grows block by block, most for hard samples (Huang et al. 2018; Veit et al. 2016).
    """
  let method = """
    A pre-activation residual MLP (8 blocks of width 64, images of side 14; full: 24 of 256, side 28) trained by Adam at \
    1e-3 with cosine decay. On test images the final readout and head are applied to h₀ … h_L; the margin is z_y − \
    max_{j≠y} z_j. Hard samples are defined twice: the third with the lowest margin at h₀, and the third with the lowest \
    final margin in a twin trained from other random numbers. Their mean gain from h₀ to h_L is compared with that of the \
    highest third by the same figure.
    """
  let criteria: [StudyCriterion] = [
    "The mean margin grows in every block: the smallest gain of a block is above 0, over seeds.",
    "Samples hard at h₀ gain more than easy ones, over seeds.",
    "Samples hard for a twin gain more than easy ones, over seeds.",
  ]
  let conditions = """
    The readout is trained for the last state only; a gain in an early block therefore also counts how far that state \
    already speaks the readout's language. Choosing samples by their margin at h₀ favours the claim: what is extreme at \
    one depth is less so at another by mere chance (regression to the mean). Choosing them by an independent network does \
    not, so the third criterion is the fairer test. Test images that stay wrong lose margin while the logits grow with \
    depth, so the claim's second half is also measured on training images, which the network was made to fit; and by \
    accuracy, which does not depend on the scale of the logits. Networks here have blocks of one shape; nothing is said \
    of networks trained by boosting itself.
    """

  private struct Run {
    let course: MarginCourse
    /// Of the images that the network was trained on.
    let training: MarginCourse
    /// The final margins of an independent network.
    let twin: [Double]
    var byStart: Double { course.excessGain(ofLowestBy: course.margins.first ?? []) }
    var byTwin: Double { course.excessGain(ofLowestBy: twin) }
    var smallestIncrement: Double { course.increments.min() ?? .nan }
  }

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: 14, full: 28), train: setting.choose(tiny: 60, quick: 2_000, full: nil))
    let runs = try setting.seeds.enumerated().map { index, seed in
      setting.progress("seed \(seed)", Double(index) / Double(setting.seeds.count))
      let stream = setting.stream(seed, name)
      let network = try trained(images, setting, stream.stream("network"))
      let twin = try trained(images, setting, stream.stream("twin"))
      return Run(
        course: try MarginCourse(network, on: images.test), training: try MarginCourse(network, on: images.train),
        twin: try MarginCourse(twin, on: images.test).final)
    }
    return outcome(runs)
  }

  @TorchActor private func trained(
    _ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream
  ) throws -> NetworkChain {
    let description = NetworkDescription(
      architecture: .mlp, depth: setting.choose(tiny: 3, quick: 8, full: 24),
      width: setting.choose(tiny: 12, quick: 64, full: 256), norm: .none)
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 4, quick: 12, full: 30)),
      optimizer: OptimizerDescription(kind: .adam, learningRate: 1e-3, weightDecay: 0), schedule: .cosine)
    return try NetworkChain(images.trainedNetwork(description, plan: plan, stream))
  }

  private func outcome(_ runs: [Run]) -> StudyOutcome {
    let (smallest, byStart, byTwin) = (runs.map(\.smallestIncrement), runs.map(\.byStart), runs.map(\.byTwin))
    let thirds = runs.map { Thirds($0.twin) }
    func curves(_ value: (MarginCourse, [Int]?) -> [Double]) -> [StudyFigure.Series] {
      [
        .init(name: "hard third", seedCurves: zip(runs, thirds).map { value($0.course, $1.lowest) }),
        .init(name: "all", seedCurves: runs.map { value($0.course, nil) }),
        .init(name: "easy third", seedCurves: zip(runs, thirds).map { value($0.course, $1.highest) }),
      ]
    }
    let total = runs.map { $0.course.increments.reduce(0, +) }
    let growing = runs.map { run in Statistics.mean(run.course.increments.map { $0 > 0 ? 1 : 0 }) }
    return StudyOutcome(
      judgements: [
        .above(smallest, 0, "smallest gain of a block"),
        .above(byStart, 0, "gain of samples hard at h₀ less that of easy ones"),
        .above(byTwin, 0, "gain of samples hard for a twin less that of easy ones"),
      ],
      findings: [
        .init(name: "smallest gain of the mean margin in a block", seeds: smallest),
        .init(name: "gain of the mean margin from h₀ to h_L", seeds: total),
        .init(name: "share of blocks in which the mean margin grows", seeds: growing),
        .init(name: "gain of samples hard at h₀ less easy ones", seeds: byStart),
        .init(name: "gain of samples hard for a twin less easy ones", seeds: byTwin),
        .init(
          name: "the same of training images, hard at h₀",
          seeds: runs.map { $0.training.excessGain(ofLowestBy: $0.training.margins.first ?? []) }),
        .init(name: "accuracy read out at h₀", seeds: runs.map { $0.course.accuracies().first ?? .nan }),
        .init(name: "accuracy at h_L", seeds: runs.map { $0.course.accuracies().last ?? .nan }),
        .init(
          name: "gain in accuracy of the third hard for a twin",
          seeds: zip(runs, thirds).map {
            let course = $0.course.accuracies(over: $1.lowest)
            return (course.last ?? .nan) - (course.first ?? .nan)
          }),
      ],
      figures: [
        StudyFigure(
          title: "Margin by depth, samples sorted by a twin's margin", x: .init("blocks passed"),
          y: .init("mean margin of the logits"), series: curves { $0.means(over: $1) }),
        StudyFigure(
          title: "Accuracy by depth", x: .init("blocks passed"), y: .init("share of positive margins"),
          series: curves { $0.accuracies(over: $1) }),
      ])
  }
}
