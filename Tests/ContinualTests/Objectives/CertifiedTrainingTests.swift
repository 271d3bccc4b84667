import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Continual

/// Networks that are built and trained for certificates, from pixels to attacks.
@TorchActor @Suite struct CertifiedTrainingTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  /// One task of all classes, learned by a perceptron in a second.
  private func configuration(_ change: (inout Configuration) throws -> Void) throws -> Configuration {
    var configuration = try Configuration.tiny(data.url) {
      $0.data.stream.classesPerTask = 4
      $0.strategy.kind = .fineTuning
      $0.network = NetworkDescription(architecture: .perceptron, depth: 2, width: 32, block: .plain, norm: .none)
      $0.training.trunkEpochs = 15
      $0.training.optimizer = OptimizerDescription(kind: .adam, learningRate: 0.003, weightDecay: 0)
      $0.evaluation.attacks = []
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
    }
    configuration.evaluation.certify = [try Rational("6/10")]
    try change(&configuration)
    return configuration
  }

  private func certified(_ name: String, _ configuration: Configuration) throws -> (clean: Double, certified: Double) {
    let results = try Experiment.train(configuration, in: runs.url.appending(path: name))
    let key = try MeasureKey(measure: "certified", norm: .l2, epsilon: Rational("6/10"), readout: .taskAware)
    func value(_ key: MeasureKey) throws -> Double { try #require(results.accuracy(of: key)?.accuracy[0, 0]) }
    return try (value(.clean(.taskAware)), value(key))
  }

  /// MaxMin and the margin, free or by almost orthogonal layers, certify most images; the ordinary network few. What is
  /// certified withstands 10³ attacks inside its radius.
  @Test func marginsCertifyAndHold() throws {
    let ordinary = try certified("ordinary", configuration { _ in })
    #expect(ordinary.clean > 0.9)
    let kinds: [(String, (inout Configuration) throws -> Void)] = [
      ("free", { _ in }),
      (
        "almost-orthogonal",
        {
          $0.network.branchBudget = 1
          $0.network.constraint = .almostOrthogonal
        }
      ),
    ]
    for (name, change) in kinds {
      let trained = try certified(
        name,
        configuration {
          $0.network.activation = .maxMin
          $0.training.penalty.lipschitzMargin = 10
          $0.training.penalty.marginRadius = try Rational("8/10")
          try change(&$0)
        })
      #expect(trained.clean > 0.9, "\(name): \(trained)")
      #expect(trained.certified > ordinary.certified + 0.5, "\(name): \(trained) against \(ordinary)")
      #expect(try attacksThatSucceed(on: name) == 0, "\(name)")
    }
  }

  /// 32 starts in the certified ball of each of the 32 test images, ten steps up the loss each, within 0.999 of the
  /// radius.
  private func attacksThatSucceed(on name: String) throws -> Int {
    let subject = try #require(try Subjects.load(runs.url.appending(path: name)).first)
    let benchmark = try #require(RunMaterial(configuration { _ in }, observer: SilentObserver()).benchmarks.first)
    let pixels = try benchmark.pixels(0..<benchmark.count)
    let certificates = try certify(
      subject.network, bound: subject.network.lipschitzBound(), pixels: pixels, labels: benchmark.targets,
      basis: .singlePrecision
    ).samples
    #expect(certificates.count { ($0.radiusL2 ?? 0) > 0.6 } > 10, "\(name)")
    let starts = 32
    let places = try Tensor(indices: certificates.indices.flatMap { Array(repeating: $0, count: starts) })
    let count = places.count
    let radii = try Tensor(certificates.map { 0.999 * ($0.radiusL2 ?? 0) }, [certificates.count, 1]).selecting(
      0, places)
    let clean = try pixels.selecting(0, places).to(.float64).flattened()
    let labels = try Tensor(indices: benchmark.targets).selecting(0, places)
    func inside(_ shift: Tensor) throws -> Tensor {
      try shift * (radii / (shift.norm(2, [1], keepingDimensions: true) + 1e-30))
    }
    func point(_ shift: Tensor) throws -> Tensor {
      try (clean + shift).reshaped([count] + subject.network.inputShape).to(.float32)
    }
    var shift = try inside(Tensor.normal(clean.shape, RandomStream(seed: 1), dtype: .float64))
    for _ in 0..<10 {
      let leaf = try point(shift).asLeaf()
      let slope = try #require(
        try gradients(of: subject.network.logits(leaf).crossEntropy(labels), withRespectTo: [leaf])[0])
      let up = try slope.to(.float64).flattened()
      shift = try inside(shift + up / (up.norm(2, [1], keepingDimensions: true) + 1e-30) * radii * 0.5)
    }
    let wrong = try subject.network.logits(point(shift)).argmax(1).notEqual(labels)
    return try wrong.and(radii.reshaped([-1]).greater(0)).to(.int64).sum().integers()[0]
  }

  /// The gradient of the penalty on a network of almost orthogonal layers and MaxMin, in every parameter, against
  /// central differences; the vectors of power iteration have settled.
  @Test func theMarginsGradientIsThatOfFiniteDifferences() throws {
    for description in [
      NetworkDescription(
        architecture: .perceptron, depth: 2, width: 6, block: .plain, activation: .maxMin, norm: .none,
        branchBudget: 1, constraint: .almostOrthogonal),
      NetworkDescription(
        architecture: .perceptron, depth: 2, width: 6, block: .plain, activation: .maxMin, norm: .none),
    ] {
      let tiny = try TinyNetwork(description, seed: 21, side: 4, dtype: .float64)
      let penalty = LipschitzMarginPenalty(weight: 2, radius: 0.3, iterations: 400)
      func value() throws -> Tensor {
        try penalty.value(
          ForwardPass(
            learning: tiny.learning, inputs: tiny.inputs,
            answers: try tiny.learning.answers(tiny.inputs, tiny.outputs, .evaluation, draws: nil),
            loss: try Tensor.zeros([]), stream: tiny.stream))
      }
      let slopes = try gradients(of: value(), withRespectTo: tiny.parameters.map(\.value))
      for (index, parameter) in tiny.parameters.enumerated() {
        for place in [0, parameter.value.count / 2, parameter.value.count - 1] {
          let found = try slopes[index].map { try $0.doubles()[place] } ?? 0
          let expected = try centralDifference(parameter, at: place, by: 1e-6) { try value().item() }
          #expect(abs(found - expected) < 1e-5 * max(1, abs(expected)), "\(description.summary) \(index) \(place)")
        }
      }
    }
  }
}
