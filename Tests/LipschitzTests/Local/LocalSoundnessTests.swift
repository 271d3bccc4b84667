import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Lipschitz

/// Local bounds against points of the ball.
@TorchActor @Suite struct LocalSoundnessTests {
  static let methods: [LocalMethod] = [.interval, .linear, .linearThroughout]

  /// No point of the ball has a margin below its bound, in double precision. Of bounds for half the radius many do: the
  /// points would show a bound that is wrong by so much.
  @Test(arguments: [PerturbationNorm.linf, .l2]) func noPointIsBelowTheBound(_ norm: PerturbationNorm) throws {
    try Torch.setThreads(1)
    var (caught, seen) = (0, 0)
    for seed in 0..<4 {
      let network =
        seed < 2
        ? try everyOperation(seed: seed, gelu: seed.isMultiple(of: 2))
        : try residualNetwork(width: 2, depth: 1, input: [2, 6, 6], classes: 3, seed: seed)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      let bound = try network.lipschitzBound()
      let (pixels, labels) = try labelledImages(network, count: 4, seed: seed)
      let size = norm == .linf ? 1.0 : 8.0
      let radii = [0.001, 0.004, 0.02, 0.1].map { $0 * size }
      let stream = RandomStream(seed: UInt64(seed)).stream("points")
      let within = try points(network, pixels, labels, radii: radii, norm: norm, count: 8, stream)
      for method in Self.methods {
        func bounds(_ factor: Double) throws -> [Double] {
          try localMargins(
            network, bound: bound, pixels: pixels, labels: labels, within: radii.map { $0 * factor }, norm: norm,
            method: method)
        }
        let whole = try bounds(1)
        let count = try violations(exact, whole, within, labels, tolerance: 1e-11)
        #expect(count == 0, "seed \(seed), \(method): \(count) points below \(whole)")
        caught += try violations(exact, bounds(0.5), within, labels, tolerance: 1e-11)
        seen += whole.filter { $0 > 0 }.count
      }
    }
    #expect(caught > 10 && seen > 10, "\(caught) points below halved bounds, \(seen) bounds are positive")
  }

  /// The features of every point lie in the box and in the ball.
  @Test func featuresAreEnclosed() throws {
    try Torch.setThreads(1)
    for seed in 0..<3 {
      let network = try everyOperation(seed: seed, gelu: seed.isMultiple(of: 2))
      let global = try network.lipschitzBound()
      let exact = try network.mappingTensors { try $0.to(.float64) }
      let (pixels, labels) = try labelledImages(network, count: 4, seed: seed)
      for (norm, radii) in [(PerturbationNorm.linf, [0, 0.003, 0.03, 0.3]), (.l2, [0, 0.03, 0.3, 3])] {
        for bound in [nil, global] {
          let bounding = try LocalBounding(network, bound: bound, basis: .realArithmetic)
          let image = try Enclosure(pixels: pixels.to(.float64), radii: radii, isMaximum: norm == .linf)
          let features = try bounding.features(over: image)
          for point in try points(
            network, pixels, labels, radii: radii, norm: norm, count: 5, RandomStream(seed: UInt64(seed)))
          {
            let value = try exact.features(point)
            let inBox = try value.greaterOrEqual(features.lower - 1e-12).and(value.lessOrEqual(features.upper + 1e-12))
            let distances = try sampleNorms(value - features.center)
            #expect(try inBox.allTrue(), "seed \(seed), \(norm)")
            #expect(
              try zip(distances, features.reach.doubles()).allSatisfy { $0 <= $1 + 1e-12 }, "seed \(seed), \(norm)")
          }
        }
      }
    }
  }

  /// What single precision computes at points of the ball is covered, and at the images themselves it is not covered by
  /// the bound in real arithmetic: the test would show an allowance that is missing.
  @Test func singlePrecisionIsCovered() throws {
    try Torch.setThreads(1)
    var missed = 0
    for seed in 0..<3 {
      let network =
        seed < 1
        ? try everyOperation(seed: seed, gelu: false)
        : try residualNetwork(width: 2, depth: 1, input: [2, 6, 6], classes: 3, seed: seed)
      let bound = try network.lipschitzBound()
      let (pixels, labels) = try labelledImages(network, count: 6, seed: seed)
      for method in Self.methods {
        for (norm, radius) in [(PerturbationNorm.linf, 0.0), (.l2, 0.01)] {
          let radii = [Double](repeating: radius, count: 6)
          func bounds(_ basis: CertificateBasis) throws -> [Double] {
            try localMargins(
              network, bound: bound, pixels: pixels, labels: labels, within: radii, norm: norm, method: method,
              basis: basis)
          }
          let (real, single) = (try bounds(.realArithmetic), try bounds(.singlePrecision))
          if radius == 0 {
            let loss = zip(real, single).map { $0 - $1 }
            let most = method == .interval ? 1 : 0.05
            #expect(loss.allSatisfy { $0 > 0 && $0 < most }, "seed \(seed), \(method) loses \(loss)")
            missed += try violations(network, real, [pixels], labels, tolerance: 0)
          }
          // Points of single precision inside the ball.
          let inside = try points(
            network, pixels, labels, radii: radii.map { max(0, $0 * (1 - 1e-6) - 1e-6) }, norm: norm, count: 6,
            RandomStream(seed: UInt64(seed))
          ).map { try $0.to(.float32) }
          #expect(
            try violations(network, single, inside, labels, tolerance: 0) == 0, "seed \(seed), \(method), \(norm)")
        }
      }
    }
    #expect(missed > 10, "the rounding of single precision shows in \(missed) margins")
  }

  /// At radius 0 the bound is the margin, up to the rounding of double precision.
  @Test func withoutABallItIsTheMargin() throws {
    for seed in 0..<3 {
      let network = try residualNetwork(width: 2, depth: 1, input: [2, 6, 6], classes: 3, seed: seed)
      let (pixels, labels) = try labelledImages(network, count: 5, seed: seed)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      let margins = try leastMargins(exact.logits(pixels.to(.float64)), labels)
      for method in Self.methods {
        let bounds = try localMargins(
          network, bound: nil, pixels: pixels, labels: labels, within: margins.map { _ in 0 }, norm: .linf,
          method: method)
        #expect(
          zip(bounds, margins).allSatisfy { $0 <= $1 && $0 > $1 - 1e-9 }, "seed \(seed): \(bounds) of \(margins)")
      }
    }
  }

  /// A sum whose computed value is wrong: 2⁵³ + 1 + 1 − 2⁵³ is 2, and may be computed as 0.
  @Test func cancellationIsCovered() throws {
    let large = 0x1p53
    let weight = try Tensor([large, 1, 1, -large, 0, 0, 0, 0], [2, 4])
    let bias = try Tensor([0, 1.0], [2])
    let network = linearClassifier(weight, bias, input: [1, 2, 2])
    let pixels = try Tensor.ones([1, 1, 2, 2], dtype: .float64)
    for method in Self.methods {
      let bounds = try localMargins(
        network, bound: nil, pixels: pixels, labels: [1], within: [0], norm: .l2, method: method)
      #expect(bounds[0] <= -1)
    }
  }
}
