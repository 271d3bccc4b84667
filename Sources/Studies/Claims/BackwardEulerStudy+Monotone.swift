import Foundation
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// dh/dt = −Wᵀφ(Wh + b) with stiff steps, trained both ways. Source: Ruthotto & Haber 2020.
extension BackwardEulerStudy {
  struct Trained {
    /// The largest factor by which the distance of two states has grown, by depth, and up to the last block.
    var distances: [MonotoneNetwork.Scheme: [Double]] = [:]
    var stiffness = 0.0
    var backwardAccuracy = 0.0
    var forwardAccuracy = 0.0

    var backwardGrowth: Double { Statistics.largest(distances[.backward] ?? []) }
    var forwardGrowth: Double { distances[.forward]?.last ?? .nan }
  }

  @TorchActor func trainMonotone(_ setting: StudySetting, _ stream: RandomStream) throws -> Trained {
    let images = try images(setting)
    var network = try MonotoneNetwork(
      inputs: 64, width: 32, depth: 6, classCount: images.classCount, step: 4, stream: stream.stream("network"))
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 4, full: 40)),
      optimizer: OptimizerDescription(kind: .adam, learningRate: 3e-3, weightDecay: 0), schedule: .cosine)
    try train(network.parameters, on: images.train, plan: plan, stream: stream.stream("order")) { batch, _ in
      try network.logits(batch.pixels, .backward).crossEntropy(batch.targets)
    }.requireEnd(of: "the network of decaying fields")
    var result = Trained()
    result.backwardAccuracy = try accuracy(on: images.test) { try network.logits($0, .backward) }
    result.forwardAccuracy = try accuracy(on: images.test) { try network.logits($0, .forward) }
    result.stiffness = try network.stiffness().min() ?? .nan
    network.tolerance = 1e-10
    let pixels = try images.test.prefix(60).pixels
    for scheme in [MonotoneNetwork.Scheme.backward, .forward] {
      result.distances[scheme] = try withoutGradients { try largestGrowth(network.states(pixels, scheme)) }
    }
    return result
  }

  /// The largest ratio of the distance between neighbouring rows at each depth to that at the start.
  func largestGrowth(_ states: [Tensor]) throws -> [Double] {
    let distances = try states.map { h in
      let count = h.size(0) - 1
      return try (h.narrowed(0, from: 1, count: count) - h.narrowed(0, from: 0, count: count)).norm(2, [1])
    }
    return try distances.map { try ($0 / distances[0]).max().item() }
  }

  @TorchActor func images(_ setting: StudySetting) throws -> StudyImages {
    try setting.images(
      side: 8, train: setting.choose(tiny: 60, quick: 1_000, full: 60_000),
      test: setting.choose(tiny: 20, quick: 300, full: 5_000))
  }

  func growthFigure(_ trained: [Trained]) -> StudyFigure {
    let series = [("forward Euler", MonotoneNetwork.Scheme.forward), ("backward Euler", .backward)].map {
      name, scheme in
      let runs = trained.compactMap { $0.distances[scheme] }
      let points = runs.first.map(\.indices)?.map { depth in
        StudyFigure.Point(x: Double(depth), y: runs.map { $0[depth] }.reduce(1, *).squareRoot(ofDegree: runs.count))
      }
      return StudyFigure.Series(name: name, points: points ?? [])
    }
    return StudyFigure(
      title: "The same trained weights, explicit and implicit", x: .init("block"),
      y: .init("largest growth of a distance (geometric mean over seeds)", .logarithmic), series: series)
  }
}

extension Double {
  /// The root of a product of so many factors: their geometric mean.
  fileprivate func squareRoot(ofDegree count: Int) -> Double { pow(self, 1 / Double(count)) }
}
