import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct ClosedFormTests {
  init() throws { try Torch.setThreads(1) }

  /// Random features and outputs of a few classes; every class is seen.
  private func sample(_ seed: UInt64, count: Int = 40, features: Int = 6, classes: Int = 4) throws -> (Tensor, [Int]) {
    let stream = RandomStream(seed: seed)
    let outputs = (0..<count).map { $0 % classes }
    let shift = try Tensor.normal([classes, features], stream.stream("shift"), dtype: .float64)
    let features =
      try Tensor.normal([count, features], stream.stream("features"), dtype: .float64)
      + shift.selecting(0, Tensor(indices: outputs))
    return (features, outputs)
  }

  @Test(arguments: 0..<10) func theLinearFormIsTheNearestMean(seed: UInt64) throws {
    let (features, outputs) = try sample(seed)
    let head = ClassMeans()
    try head.begin(outputs: 4, features: 6, device: .cpu)
    // In two parts, as two tasks have it.
    try head.add(features.narrowed(0, from: 0, count: 17), Array(outputs[..<17]))
    try head.add(features.narrowed(0, from: 17, count: 23), Array(outputs[17...]))
    let (weight, bias) = try head.solution()
    let found = try features.linear(weight, bias).argmax(1).integers()
    let rows = try features.rows()
    let means = (0..<4).map { output -> [Double] in
      let own = rows.indices.filter { outputs[$0] == output }.map { rows[$0] }
      return (0..<6).map { column in own.reduce(0) { $0 + $1[column] } / Double(own.count) }
    }
    for (index, row) in rows.enumerated() {
      let distances = means.map { zip($0, row).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
      #expect(found[index] == distances.indices.min { distances[$0] < distances[$1] }, "seed \(seed), row \(index)")
      // And logits are minus these, per feature, but for what all classes share.
      let logits = try Tensor(row, [1, 6]).linear(weight, bias).doubles()
      #expect(abs((logits[0] - logits[1]) * 6 + distances[0] - distances[1]) < 1e-9, "seed \(seed), row \(index)")
    }
  }

  /// W minimises ‖HW − Y‖² + λ‖W‖², whose gradient Hᵀ(HW − Y) + λW is zero at no other W.
  @Test(arguments: 0..<10) func theRegressionIsRidgeRegression(seed: UInt64) throws {
    let (features, outputs) = try sample(seed)
    let head = RidgeRegression(ridge: 0.1)
    try head.begin(outputs: 4, features: 6, device: .cpu)
    try head.add(features, outputs)
    let (weight, bias) = try head.solution()
    let y = try Tensor(outputs.flatMap { output in (0..<4).map { $0 == output ? 1.0 : 0 } }, [outputs.count, 4])
    let w = try weight.transposed()
    let lambda = try 0.1 * features.squared().sum().item() / 6
    let gradient = try features.transposed().matmul(features.matmul(w) - y) + w * lambda
    #expect(try gradient.abs().max().item() < 1e-9, "seed \(seed)")
    #expect(try bias.doubles() == [0, 0, 0, 0])
  }

  @Test(arguments: 0..<5) func theOrderOfTasksDoesNotMatter(seed: UInt64) throws {
    let parts = try (0..<3).map { try sample(seed * 10 + $0) }
    func weights(_ order: [Int]) throws -> Tensor {
      let head = RidgeRegression(ridge: 1e-3)
      try head.begin(outputs: 4, features: 6, device: .cpu)
      for part in order { try head.add(parts[part].0, parts[part].1) }
      return try head.solution().weight
    }
    #expect(try (weights([0, 1, 2]) - weights([2, 0, 1])).abs().max().item() < 1e-12, "seed \(seed)")
    // Each task counts.
    #expect(try (weights([0, 1, 2]) - weights([0, 1])).abs().max().item() > 1e-6, "seed \(seed)")
  }

  @Test func quarterTurnsAreCounterClockwise() throws {
    // 0 1
    // 2 3   with two channels
    let pixels: [UInt8] = [0, 10, 1, 11, 2, 12, 3, 13]
    let set = try ImageSet(
      shape: ImageShape(height: 2, width: 2, channels: 2), pixels: pixels, labels: [0], classes: ["a"], paths: ["a"])
    let turned = try TurnedImages(TaskImages(set))
    #expect(turned.count == 4 && (0..<4).map(turned.target) == [0, 1, 2, 3])
    #expect(Set((0..<4).map(turned.identity)).count == 4)
    #expect(try turned.gather([0]) == pixels)
    // A quarter turn to the left brings the right column to the top.
    #expect(try turned.gather([1, 3]) == [1, 11, 3, 13, 0, 10, 2, 12] + [2, 12, 0, 10, 3, 13, 1, 11])
    #expect(try turned.gather([2]) == [3, 13, 2, 12, 1, 11, 0, 10])
    // Four of them lead back.
    var place = (row: 0, column: 2)
    for _ in 0..<4 { place = TurnedImages.origin(of: place, turns: 1, side: 5) }
    #expect(place == (0, 2))
  }

  @Test func onlySquaresAreTurned() throws {
    let set = try ImageSet(
      shape: ImageShape(height: 1, width: 2, channels: 1), pixels: [1, 2], labels: [0], classes: ["a"], paths: ["a"])
    #expect(throws: RunError.self) { try TurnedImages(TaskImages(set)) }
  }
}
