import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// A bound certifies the network that it was computed for, and no other of the same weights.
@TorchActor @Suite struct FingerprintTests {
  @Test func aNumberThatIsNoTensorTellsNetworksApart() throws {
    let stream = RandomStream(seed: 4)
    let weight = try Tensor.normal([4, 4], stream.stream("branch"), dtype: .float64)
    let head = try Tensor.normal([3, 4], stream.stream("head"), dtype: .float64)
    func network(_ stages: [Stage]) throws -> DeployedNetwork {
      DeployedNetwork(
        inputShape: [4], body: stages, headWeight: head, headBias: try Tensor.zeros([3], dtype: .float64))
    }
    func block(keep: Double, scale: Double) -> [Stage] {
      [
        Stage(
          "block",
          .residual(
            shortcut: [Stage("keep", .scale(keep))], branch: [Stage("linear", .linear(weight: weight, bias: nil))],
            branchScale: scale))
      ]
    }
    let pixels = try Tensor.uniform([2, 4], stream, dtype: .float64)
    let given = try network(block(keep: 0.5, scale: 0.5))
    let labels = try given.logits(pixels).argmax(1).integers()
    _ = try certify(given, bound: given.lipschitzBound(), pixels: pixels, labels: labels)
    for other in [block(keep: 1, scale: 0.5), block(keep: 0.5, scale: 1)] {
      let bound = try network(other).lipschitzBound()
      #expect(throws: LipschitzError.self) { try certify(given, bound: bound, pixels: pixels, labels: labels) }
    }
  }

  /// Networks whose constants have the same norms are others all the same.
  @Test func constantsAreComparedBitForBit() throws {
    func network(
      _ weight: [Double], _ bias: [Double] = [0.5, 0.25], activation: Operation = .relu, input: [Int] = [2]
    ) throws -> DeployedNetwork {
      DeployedNetwork(
        inputShape: input, body: [Stage("flatten", .flatten), Stage("activation", activation)],
        headWeight: try Tensor(weight, [2, 2]), headBias: try Tensor(bias, [2]))
    }
    let given = try network([1, 1, 0, 0])
    let pixels = try Tensor([0.5, 0.25] as [Double], [1, 2])
    let labels = try given.logits(pixels).argmax(1).integers()
    _ = try certify(given, bound: given.lipschitzBound(), pixels: pixels, labels: labels)
    // Equal in every norm: the first has the constant 1 and the given one √2.
    let others = try [
      network([1, 0, 0, 1]), network([0, 0, 1, 1]), network([1, 1, 0, 0], [0.25, 0.5]),
      network([1, 1, 0, 0], activation: .gelu), network([1, 1, 0, 0], input: [1, 1, 2]),
    ]
    for (number, other) in others.enumerated() {
      let bound = try other.lipschitzBound()
      #expect(throws: LipschitzError.self, "network \(number)") {
        try certify(given, bound: bound, pixels: pixels, labels: labels)
      }
      #expect(throws: LipschitzError.self, "network \(number)") {
        try localMargins(
          given, bound: bound, pixels: pixels, labels: labels, within: [0.1], norm: .l2, method: .interval)
      }
    }
  }
}
