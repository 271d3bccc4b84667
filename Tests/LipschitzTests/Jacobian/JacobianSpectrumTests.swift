import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@TorchActor @Suite struct JacobianSpectrumTests {
  /// Convolution, ReLU and pooling: the dense Jacobian against difference quotients, in chunks of any size.
  @Test func denseJacobiansAreDifferenceQuotients() throws {
    let network = try residualNetwork(width: 2, depth: 1, input: [2, 5, 4], seed: 3)
      .mappingTensors { try $0.to(.float64) }
    let x = try Tensor.uniform([1, 2, 5, 4], RandomStream(seed: 3), dtype: .float64)
    let step = 1e-6
    let moves = try Tensor.eye(40, dtype: .float64).reshaped([40, 2, 5, 4]) * step
    let columns = try (network.logits(x + moves) - network.logits(x - moves)) / (2 * step)
    for rows in [1, 3, 10, 128] {
      let dense = try jacobian(at: x, rowsAtOnce: rows, network.logits)
      #expect(dense.shape == [10, 40])
      #expect(try distance(dense, columns.transposed()) < 1e-7)
    }
  }

  @Test func singularValuesOfExplicitMatrices() throws {
    for (seed, count) in [(0, 1), (1, 4), (2, 7)] {
      let stream = RandomStream(seed: UInt64(seed))
      let left = try Tensor.normal([9, count], stream.stream("left"), dtype: .float64).qr().q
      let right = try Tensor.normal([8, count], stream.stream("right"), dtype: .float64).qr().q
      let values = (0..<count).map { 3 * pow(0.6, Double($0)) }
      let matrix = try (left * Tensor(values, [count])).matmul(right.transposed())
      let found = try singularValues(at: .zeros([1, 8], dtype: .float64)) { try $0.linear(matrix) }
      #expect(found.count == 8)
      for (found, value) in zip(found, values + [0, 0, 0, 0, 0, 0, 0]) { #expect(abs(found - value) < 1e-13) }
    }
  }

  @Test func eigenvaluesOfExplicitMatrices() throws {
    let rotation = try Tensor([0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 2], [3, 3])
    let found = try eigenvalues(at: .zeros([1, 3], dtype: .float64)) { try $0.linear(rotation) }
    for (found, exact) in zip(found, [(2, 0), (0.6, 0.8), (0.6, -0.8)]) {
      #expect(hypot(found.real - exact.0, found.imaginary - exact.1) < 1e-14)
    }
    let flat = try Tensor.ones([2, 3])
    #expect(throws: JacobianError.self) { try eigenvalues(at: .zeros([1, 3])) { try $0.linear(flat) } }
    #expect(throws: JacobianError.self) { try singularValues(at: .zeros([2, 3])) { try $0.linear(flat) } }
  }

  /// eig(I + J_F) = 1 + eig(J_F).
  @Test func theIdentityShiftsEigenvalues() throws {
    for seed in 0..<20 {
      let stream = RandomStream(seed: UInt64(seed)).stream("shift")
      let width = 2 + seed % 9
      let branch = try SmoothMap(width: width, hidden: width + 3, skips: false, stream)
      let x = try Tensor.normal([1, width], stream.stream("x"), dtype: .float64)
      var shifted = try eigenvalues(at: x) { try $0 + branch($0) }
      for value in try eigenvalues(at: x, { try branch($0) }) {
        let distances = shifted.map { hypot($0.real - 1 - value.real, $0.imaginary - value.imaginary) }
        let nearest = try #require(distances.indices.min { distances[$0] < distances[$1] })
        #expect(distances[nearest] < 1e-10, "seed \(seed): \(distances[nearest])")
        shifted.remove(at: nearest)
      }
      #expect(shifted.isEmpty)
    }
  }

  @Test func powerIterationFindsTheLargestOfEachSample() throws {
    for seed in 0..<10 {
      let stream = RandomStream(seed: UInt64(seed)).stream("largest")
      let map = try SmoothMap(width: 7, hidden: 12, skips: seed % 2 == 0, stream)
      let x = try Tensor.normal([6, 7], stream.stream("x"), dtype: .float64)
      let spectra = try (0..<6).map { index in
        try map.jacobian(at: x.narrowed(0, from: index, count: 1)).singularValues().doubles()
      }
      let found = try largestSingularValues(at: x, iterations: 200, stream: stream.stream("v")) { try map($0) }
      for (found, spectrum) in zip(found, spectra) {
        #expect(found <= spectrum[0] * (1 + 1e-14) && found > spectrum[0] * (1 - 1e-4), "seed \(seed)")
      }
    }
  }

  /// Implicit steps: their gradients cannot be differentiated again, and their largest singular values are found all
  /// the same, of a step and of the chain.
  @Test func powerIterationOnImplicitSteps() throws {
    for seed in 0..<2 {
      let description = NetworkDescription(
        architecture: .mlp, depth: 2, width: 7, block: .backwardEuler, norm: .none, dynamics: .init(step: 0.1))
      let chain = NetworkChain(try taskNetwork(description, input: [2, 3, 3], seed: seed))
      let stream = RandomStream(seed: UInt64(seed))
      let x = try Tensor.uniform([2, 2, 3, 3], stream.stream("x"), dtype: .float64)
      let states = try withoutGradients { try chain.states(x) }
      func agree(at state: Tensor, _ label: String, _ map: (Tensor) throws -> Tensor) throws {
        let found = try largestSingularValues(at: state, iterations: 40, stream: stream.stream(label), map)
        for sample in 0..<2 {
          let exact = try singularValues(at: state.narrowed(0, from: sample, count: 1), map)[0]
          #expect(abs(found[sample] - exact) < 1e-2 * exact, "seed \(seed), \(label)")
        }
      }
      for (index, step) in chain.steps.enumerated() { try agree(at: states[index], step.name, step.apply) }
      try agree(at: states[0], "all") { state in try chain.steps.reduce(state) { try $1.apply($0) } }
    }
  }

  /// Gains whose squares lie outside the numbers of the type.
  @Test func magnitudesBeyondTheSquareRootOfTheType() throws {
    let stream = RandomStream(seed: 5)
    for (scale, dtype) in [(1e-200, DType.float64), (1e250, .float64), (1e-30, .float32), (1e30, .float32)] {
      let matrix = try (Tensor([5.0, 0, 0, 0, 2, 0, 0, 0, 1], [3, 3]) * scale).to(dtype)
      let found = try largestSingularValues(at: .zeros([2, 3], dtype: dtype), iterations: 40, stream: stream) {
        try $0.linear(matrix)
      }
      #expect(found.allSatisfy { abs($0 / scale - 5) < 1e-5 }, "\(scale): \(found)")
    }
  }
}
