import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct TaskScoringTests {
  private let pixels: Tensor

  init() throws {
    try Torch.setThreads(1)
    pixels = try Tensor.zeros([1, 1, 2, 2])
  }

  @Test func logitsOfHeadsOfDifferentSize() throws {
    let logits = try [Tensor([3.0, 0], [1, 2]), Tensor([2.0, 2, 2, 2], [1, 4])]
    let entropy = try EntropyScoring().scores(pixels, logits).doubles()
    // Softmax of (3, 0) is (p, 1 − p) with p = 1/(1 + e⁻³); four equal logits have the largest entropy there is.
    let p = 1 / (1 + exp(-3.0))
    #expect(abs(entropy[0] - (p * log(p) + (1 - p) * log(1 - p)) / log(2)) < 1e-12)
    #expect(abs(entropy[1] + 1) < 1e-12)
    let energy = try EnergyScoring().scores(pixels, logits).doubles()
    #expect(abs(energy[0] - log((exp(3) + 1) / 2)) < 1e-12)
    #expect(abs(energy[1] - 2) < 1e-12, "the number of equal logits does not matter")
    #expect(try LogitScoring().scores(pixels, logits).doubles() == [3, 2])
  }

  @Test func aSingleClassIsAsSureAsCanBe() throws {
    let scores = try EntropyScoring().scores(pixels, [Tensor([5.0], [1, 1]), Tensor([5.0, 5], [1, 2])]).doubles()
    #expect(scores == [0, -1])
  }

  /// Means and scatter of hand-made features.
  @Test func statisticsOfAFewFeatures() throws {
    let rows: [[Double]] = [[0, 0], [2, 0], [10, 1], [10, 3]]
    let statistics = try Self.statistics(rows, classes: [0, 0, 1, 1], count: 2)
    #expect(try statistics.means.value.doubles() == [1, 0, 10, 2])
    #expect(try statistics.counts.value.doubles() == [2, 2])
    #expect(try statistics.scatter.value.doubles() == [2, 0, 0, 2])
    #expect(try statistics.degreesOfFreedom == 2)
  }

  /// With Σ = 1 in one feature and 100 in the other a point that is nearer to one mean in plain distance is nearer to
  /// the other in Mahalanobis's.
  @Test func distancesAreMeasuredByTheScatter() throws {
    let statistics = try [[-1.0, 0], [2.0, 30]].map { mean in
      try Self.statistics(
        [[1.0, 0], [-1, 0], [0, 10], [0, -10]].map { [$0[0] + mean[0], $0[1] + mean[1]] }, classes: [0, 0, 0, 0],
        count: 1)
    }
    let scoring = try FeatureMeanScoring(Self.identity(2), PooledStatistics(statistics))
    // (−1, 16) is 16 from the one mean and √205 from the other.
    let scores = try scoring.scores(features: Tensor([-1.0, 16, 2, 20], [2, 2]))
    #expect(try scores.argmax(1).integers() == [0, 1])
    // Score differences are those of squared distances: Σ = diag(4, 400)/6, shrunk by γ towards its mean 202/6.
    let variances = [4.0, 400].map { 0.99 * $0 / 6 + 0.01 * 202 / 6 }
    let expected = 9 / variances[0] + (196 - 256) / variances[1]
    #expect(abs(try scores.doubles()[0] - scores.doubles()[1] - expected) < 1e-9)
  }

  /// Against distances computed sample by sample, over random classes and features.
  @Test(arguments: 0..<10) func nearestMeansAreFoundByBruteForce(seed: UInt64) throws {
    let stream = RandomStream(seed: seed)
    let statistics = try (0..<3).map { task in
      let features = try Tensor.normal([30, 4], stream.stream(task), dtype: .float64) + Double(task)
      return try Self.statistics(features.rows(), classes: (0..<30).map { $0 % 2 }, count: 2)
    }
    let scoring = try FeatureMeanScoring(Self.identity(4), PooledStatistics(statistics))
    let inverse = try PooledCovariance(PooledStatistics(statistics)).matrix.solved(for: Tensor.eye(4, dtype: .float64))
    let points = try Tensor.normal([20, 4], stream.stream("points"), dtype: .float64) * 2
    let found = try scoring.scores(features: points).argmax(1).integers()
    for (index, point) in try points.rows().enumerated() {
      let distances = try statistics.map { task in
        try task.means.value.rows().map { mean in
          let d = try Tensor(zip(point, mean).map(-), [1, 4])
          return try d.matmul(inverse).matmul(d.transposed()).item()
        }.min() ?? 0
      }
      #expect(distances[found[index]] == distances.min(), "seed \(seed), point \(index)")
    }
  }

  /// Above the number of features of which all covariances are kept there are variances alone.
  @Test func manyFeaturesKeepVariances() throws {
    let features = FeatureStatistics.mostCovariances + 1
    let statistics = try FeatureStatistics(classes: 2, features: features)
    #expect(!statistics.isFull && statistics.scatter.value.shape == [features])
    let small = try Self.statistics([[0, 0], [2, 4]], classes: [0, 0], count: 1)
    #expect(small.isFull)
  }

  /// Tasks that a line separates are told apart without exception, by either rule and the same again.
  @Test(arguments: 0..<5) func separableTasksAreInferred(seed: UInt64) throws {
    let stream = RandomStream(seed: seed)
    // Two classes a task; the means lie 30 apart.
    let directions = try Tensor.normal([6, 8], stream.stream("means"), dtype: .float64) * 30
    func draw(_ name: String) throws -> [Tensor] {
      try (0..<3).map { task in
        try Tensor.normal([40, 8], stream.stream(name).stream(task), dtype: .float64)
          + directions.selecting(0, Tensor(indices: (0..<40).map { 2 * task + $0 % 2 }))
      }
    }
    let statistics = try draw("train").map {
      try Self.statistics($0.rows(), classes: (0..<40).map { $0 % 2 }, count: 2)
    }
    let means = try FeatureMeanScoring(Self.identity(8), PooledStatistics(statistics))
    let gate = try GateScoring(Self.identity(8), PooledStatistics(statistics), stream: stream)
    let again = try GateScoring(Self.identity(8), PooledStatistics(statistics), stream: stream)
    for (task, points) in try draw("test").enumerated() {
      #expect(try means.scores(features: points).argmax(1).integers().allSatisfy { $0 == task }, "seed \(seed)")
      let scores = try gate.scores(features: points)
      #expect(try scores.argmax(1).integers().count { $0 == task } >= 38, "seed \(seed)")
      #expect(try scores.doubles() == again.scores(features: points).doubles())
    }
  }

  // MARK: Support

  /// Features that are the pixels of images without height: what a network without layers has.
  private static func identity(_ features: Int) throws -> FrozenFeatures {
    try FrozenFeatures(trunk: [Stage("flatten", .flatten)], device: .cpu)
  }

  /// Statistics of given features, assembled in the way they are measured.
  private static func statistics(_ rows: [[Double]], classes: [Int], count: Int) throws -> FeatureStatistics {
    let statistics = try FeatureStatistics(classes: count, features: rows[0].count)
    let features = try Tensor(rows.flatMap(\.self), [rows.count, rows[0].count])
    try statistics.measure { try $0(features, classes) }
    return statistics
  }
}

extension Tensor {
  func rows() throws -> [[Double]] {
    let values = try doubles()
    return (0..<size(0)).map { Array(values[$0 * size(1)..<($0 + 1) * size(1)]) }
  }
}
