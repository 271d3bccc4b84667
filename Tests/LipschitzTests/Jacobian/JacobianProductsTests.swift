import Lipschitz
import RandomStreams
import Testing
import TorchCore

@TorchActor @Suite struct JacobianProductsTests {
  @Test func linearMapsGiveTheirMatrix() throws {
    for seed in 0..<20 {
      let stream = RandomStream(seed: UInt64(seed))
      let (rows, columns) = (1 + stream.integer(below: 9, at: 0), 1 + stream.integer(below: 9, at: 1))
      let matrix = try Tensor.normal([rows, columns], stream.stream("matrix"), dtype: .float64)
      let x = try Tensor.normal([4, columns], stream.stream("x"), dtype: .float64)
      let v = try Tensor.normal([4, columns], stream.stream("v"), dtype: .float64)
      let u = try Tensor.normal([4, rows], stream.stream("u"), dtype: .float64)
      let products = try JacobianProducts(at: x) { try $0.linear(matrix) }
      #expect(try distance(products.output, x.matmul(matrix.transposed())) < 1e-13, "seed \(seed)")
      #expect(try distance(products.pushedForward(v), v.matmul(matrix.transposed())) < 1e-13, "seed \(seed)")
      #expect(try distance(products.pulledBack(u), u.matmul(matrix)) < 1e-13, "seed \(seed)")
    }
  }

  @Test func directionalDerivativesAreDifferenceQuotients() throws {
    for seed in 0..<10 {
      let stream = RandomStream(seed: UInt64(seed)).stream("differences")
      let map = try SmoothMap(width: 6, hidden: 9, stream)
      let x = try Tensor.normal([5, 6], stream.stream("x"), dtype: .float64)
      let v = try Tensor.normal([5, 6], stream.stream("v"), dtype: .float64)
      let step = 1e-5
      let quotient = try (map(x + v * step) - map(x - v * step)) / (2 * step)
      let products = try JacobianProducts(at: x) { try map($0) }
      #expect(try distance(products.pushedForward(v), quotient) < 1e-8, "seed \(seed)")
    }
  }

  /// u·(J v) = v·(Jᵀu), sample by sample.
  @Test func theTwoProductsAreAdjoint() throws {
    for seed in 0..<8 {
      let stream = RandomStream(seed: UInt64(seed)).stream("adjoint")
      let network = try residualNetwork(width: 3, depth: 1, input: [1 + seed % 3, 8, 7], seed: seed)
        .mappingTensors { try $0.to(.float64) }
      let x = try Tensor.uniform([3] + network.inputShape, stream.stream("x"), dtype: .float64)
      let v = try Tensor.normal(x.shape, stream.stream("v"), dtype: .float64)
      let u = try Tensor.normal([3, 10], stream.stream("u"), dtype: .float64)
      let products = try JacobianProducts(at: x, network.logits)
      let left = try (u * products.pushedForward(v)).sum([1]).doubles()
      let right = try (v * products.pulledBack(u)).flattened().sum([1]).doubles()
      for (left, right) in zip(left, right) {
        #expect(abs(left - right) < 1e-10 * max(1, abs(left)), "seed \(seed): \(left), \(right)")
      }
    }
  }

  @Test func aMapThatIgnoresItsInputHasAJacobianOfZero() throws {
    let constant = try Tensor.ones([2, 3])
    let products = try JacobianProducts(at: .ones([2, 4])) { _ in constant }
    #expect(try products.pushedForward(.ones([2, 4])).doubles() == [Double](repeating: 0, count: 6))
    #expect(try products.pulledBack(.ones([2, 3])).doubles() == [Double](repeating: 0, count: 8))
  }

  @Test func whatCannotBeDifferentiatedIsRefused() throws {
    let x = try Tensor.ones([2, 3])
    #expect(throws: JacobianError.gradientsOff) { try withoutGradients { try JacobianProducts(at: x) { try $0 * 2 } } }
    #expect(throws: JacobianError.gradientsOff) {
      try withoutGradients { try jacobian(at: .ones([1, 3])) { try $0 * 2 } }
    }
    #expect(throws: JacobianError.samples(reason: "a batch of shape [2, 3] was mapped to [3, 2]")) {
      try JacobianProducts(at: x) { try $0.transposed() }
    }
    // The gradient of one factor, replaced by three times itself without a graph.
    let tripled: (Tensor) throws -> Tensor = { x in
      let y = try x * 1
      try y.replacingGradient { try $0.detached() * 3 }
      return y
    }
    let products = try JacobianProducts(at: x, tripled)
    #expect(try products.pulledBack(x).doubles() == [Double](repeating: 3, count: 6))
    #expect(throws: JacobianError.notDifferentiableTwice) { try products.pushedForward(x) }
    let dense = try jacobian(at: x.narrowed(0, from: 0, count: 1), tripled)
    #expect(try distance(dense, Tensor.eye(3) * 3) == 0)
  }
}
