import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@TorchActor @Suite struct LowerBoundTests {
  /// Below the norm of the matrix and equal to it, whether it comes from all rows or from power iteration.
  @Test func linearNetworks() throws {
    for (seed, classes) in [2, 10, 32, 33, 40].enumerated() {
      let stream = RandomStream(seed: UInt64(seed))
      for (dtype, tolerance) in [(DType.float64, 1e-8), (.float32, 1e-6)] {
        // A leading value that power iteration separates quickly.
        let spike = try Tensor.ones([classes, 48], dtype: .float64)
        let weight = try (Tensor.normal([classes, 48], stream.stream("weight"), dtype: .float64) + spike).to(dtype)
        let exact = try weight.to(.float64).singularValues().max().item()
        let network = linearClassifier(weight, try .zeros([classes], dtype: dtype), input: [3, 4, 4])
        let found = try lipschitzLowerBound(
          of: network, pixels: .uniform([3, 3, 4, 4], stream.stream("x")), iterations: 100, stream: stream)
        for value in found.perSample {
          #expect(value <= exact && value >= exact * (1 - tolerance), "\(classes) classes: \(value) for \(exact)")
        }
      }
    }
  }

  @Test func residualNetworksEqualTheirDenseJacobian() throws {
    for seed in 0..<6 {
      let network = try residualNetwork(
        width: 3, depth: 1, input: [2, 6, 6], classes: 2 + seed, seed: seed, branchScale: 0.5)
      let x = try Tensor.uniform([3, 2, 6, 6], RandomStream(seed: UInt64(seed)).stream("x"))
      let found = try lipschitzLowerBound(of: network, pixels: x, stream: RandomStream(seed: 0))
      #expect(try found.value <= network.lipschitzBound().upper)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      for (index, value) in found.perSample.enumerated() {
        let sample = try x.narrowed(0, from: index, count: 1).to(.float64)
        let largest = try singularValues(at: sample, exact.logits)[0]
        #expect(value <= largest && value >= largest * (1 - 1e-6), "seed \(seed): \(value) for \(largest)")
      }
    }
  }

  @Test func samplesDoNotDependOnTheirNeighbours() throws {
    let network = try residualNetwork(width: 2, depth: 1, input: [1, 4, 4], classes: 3, seed: 9)
    let x = try Tensor.uniform([70, 1, 4, 4], RandomStream(seed: 9))
    let found = try lipschitzLowerBound(of: network, pixels: x, stream: RandomStream(seed: 0))
    #expect(found.perSample.count == 70 && found.value == found.perSample.max())
    for index in [0, 63, 64, 69] {
      let alone = try lipschitzLowerBound(
        of: network, pixels: x.narrowed(0, from: index, count: 1), stream: RandomStream(seed: 1)
      ).value
      #expect(abs(alone - found.perSample[index]) < 1e-6 * alone)
    }
  }

  @Test func degenerateNetworks() throws {
    func value(_ weight: Tensor, _ classes: Int) throws -> Double {
      try lipschitzLowerBound(
        of: linearClassifier(weight, .zeros([classes]), input: [1, 2, 2]), pixels: .zeros([1, 1, 2, 2]),
        stream: RandomStream(seed: 0)
      ).value
    }
    for classes in [3, 40] {
      #expect(try value(.zeros([classes, 4]), classes) == 0)
      #expect(try value(.full(.nan, [classes, 4]), classes) == 0)
      #expect(throws: JacobianError.gradientsOff) { try withoutGradients { try value(.ones([classes, 4]), classes) } }
    }
    // Squares of these lie beyond single precision.
    let large = try value(.full(1e30, [3, 4]), 3)
    #expect(abs(large / (1e30 * 12.0.squareRoot()) - 1) < 1e-6)
  }
}
