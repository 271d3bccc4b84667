import Foundation
import RandomStreams
import Testing
import TorchCore

/// Values of operations against the standard library's arithmetic, or against what the operation is defined to be.
@TorchActor
@Suite struct OperationValueTests {
  struct Elementwise: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let tensor: @Sendable (Tensor, Tensor) throws -> Tensor
    let number: @Sendable (Double, Double) -> Double
    init(
      _ name: String, _ tensor: @escaping @Sendable (Tensor, Tensor) throws -> Tensor,
      _ number: @escaping @Sendable (Double, Double) -> Double
    ) {
      (testDescription, self.tensor, self.number) = (name, tensor, number)
    }
  }

  nonisolated static let elementwise: [Elementwise] = [
    .init("add", { try $0 + $1 }, { $0 + $1 }), .init("subtract", { try $0 - $1 }, { $0 - $1 }),
    .init("multiply", { try $0 * $1 }, { $0 * $1 }), .init("divide", { try $0 / $1 }, { $0 / $1 }),
    .init("add number", { a, _ in try a + 0.3 }, { a, _ in a + 0.3 }),
    .init("subtract number", { a, _ in try a - 0.3 }, { a, _ in a - 0.3 }),
    .init("number minus", { a, _ in try 0.3 - a }, { a, _ in 0.3 - a }),
    .init("number over", { a, _ in try 0.3 / a }, { a, _ in 0.3 / a }),
    .init("over number", { a, _ in try a / 0.3 }, { a, _ in a / 0.3 }),
    .init("negated", { a, _ in try a.negated() }, { a, _ in -a }),
    .init("abs", { a, _ in try a.abs() }, { a, _ in Swift.abs(a) }),
    .init("sign", { a, _ in try a.sign() }, { a, _ in a > 0 ? 1 : -1 }),
    .init("sqrt", { a, _ in try a.abs().sqrt() }, { a, _ in Swift.abs(a).squareRoot() }),
    .init("rsqrt", { a, _ in try a.abs().rsqrt() }, { a, _ in 1 / Swift.abs(a).squareRoot() }),
    .init("exp", { a, _ in try a.exp() }, { a, _ in Foundation.exp(a) }),
    .init("log", { a, _ in try a.abs().log() }, { a, _ in Foundation.log(Swift.abs(a)) }),
    .init("squared", { a, _ in try a.squared() }, { a, _ in a * a }),
    .init("rounded", { a, _ in try a.rounded() }, { a, _ in a.rounded(.toNearestOrEven) }),
    .init("floor", { a, _ in try a.floor() }, { a, _ in Foundation.floor(a) }),
    .init("relu", { a, _ in try a.relu() }, { a, _ in Swift.max(a, 0) }),
    .init("tanh", { a, _ in try a.tanh() }, { a, _ in Foundation.tanh(a) }),
    .init("sigmoid", { a, _ in try a.sigmoid() }, { a, _ in 1 / (1 + Foundation.exp(-a)) }),
    .init("gelu", { a, _ in try a.gelu() }, { a, _ in a * (1 + Foundation.erf(a / 2.0.squareRoot())) / 2 }),
    .init("pow", { a, _ in try a.abs().pow(1.7) }, { a, _ in Foundation.pow(Swift.abs(a), 1.7) }),
    .init("minimum", { try $0.minimum($1) }, { Swift.min($0, $1) }),
    .init("maximum", { try $0.maximum($1) }, { Swift.max($0, $1) }),
    .init("clamped", { a, _ in try a.clamped(-1, 0.5) }, { a, _ in Swift.min(Swift.max(a, -1), 0.5) }),
    .init("addingProduct", { try $0.addingProduct($0, $1, scale: 0.5) }, { $0 + 0.5 * $0 * $1 }),
    .init("less", { try $0.less($1) }, { $0 < $1 ? 1 : 0 }),
    .init("lessOrEqual", { try $0.lessOrEqual($1) }, { $0 <= $1 ? 1 : 0 }),
    .init("greater", { try $0.greater($1) }, { $0 > $1 ? 1 : 0 }),
    .init("greaterOrEqual", { try $0.greaterOrEqual($1) }, { $0 >= $1 ? 1 : 0 }),
    .init("equal", { try $0.rounded().equal($1.rounded()) }, { $0.rounded() == $1.rounded() ? 1 : 0 }),
    .init("notEqual", { try $0.rounded().notEqual($1.rounded()) }, { $0.rounded() != $1.rounded() ? 1 : 0 }),
    .init("less than a number", { a, _ in try a.less(0.2) }, { a, _ in a < 0.2 ? 1 : 0 }),
    .init("at most a number", { a, _ in try a.lessOrEqual(0.2) }, { a, _ in a <= 0.2 ? 1 : 0 }),
    .init("greater than a number", { a, _ in try a.greater(0.2) }, { a, _ in a > 0.2 ? 1 : 0 }),
    .init("at least a number", { a, _ in try a.greaterOrEqual(0.2) }, { a, _ in a >= 0.2 ? 1 : 0 }),
    .init("equal to a number", { a, _ in try a.rounded().equal(1) }, { a, _ in a.rounded() == 1 ? 1 : 0 }),
    .init("and", { try $0.greater(0).and($1.greater(0)) }, { $0 > 0 && $1 > 0 ? 1 : 0 }),
    .init("or", { try $0.greater(0).or($1.greater(0)) }, { $0 > 0 || $1 > 0 ? 1 : 0 }),
    .init("not", { a, _ in try a.greater(0).not() }, { a, _ in a > 0 ? 0 : 1 }),
    .init("select", { try $0.greater($1).select($0, $1) }, { Swift.max($0, $1) }),
  ]

  @Test(arguments: elementwise) func equalsTheStandardLibrary(_ operation: Elementwise) throws {
    let stream = RandomStream(seed: 2).stream(operation.testDescription)
    let (a, b) = try (uniform([40], stream.stream("a"), -3, 3), uniform([40], stream.stream("b"), -3, 3))
    let result = try operation.tensor(a, b).doubles()
    for ((x, y), z) in try zip(zip(a.doubles(), b.doubles()), result) {
      let expected = operation.number(x, y)
      #expect(Swift.abs(z - expected) <= 1e-14 * Swift.max(1, Swift.abs(expected)), "at \(x), \(y)")
    }
  }

  @Test func reductions() throws {
    let x = try Tensor([1.0, -2, 3, 4, 5, -6], [2, 3])
    #expect(try x.sum().item() == 5)
    #expect(try x.sum([0]).doubles() == [5, 3, -3])
    #expect(try x.sum([1], keepingDimensions: true).shape == [2, 1])
    #expect(try x.mean([1]).doubles() == [2.0 / 3, 1])
    #expect(try x.max([1]).doubles() == [3, 5])
    #expect(try x.min([-1]).doubles() == [-2, -6])
    #expect(try x.norm().item() == 91.0.squareRoot())
    #expect(try x.norm(1, [1]).doubles() == [6, 15])
    #expect(try x.norm(.infinity).item() == 6)
    #expect(try x.argmax(1).integers() == [2, 1])
    #expect(try x.cumulativeSum(1).doubles() == [1, -1, 2, 4, 9, 3])
    #expect(try Swift.abs(x.logSumExp(1).doubles()[0] - log(exp(1) + exp(-2) + exp(3))) < 1e-14)
    #expect(try Tensor.ones([]).sum().item() == 1)
    #expect(try Tensor.ones([0]).sum().item() == 0)
  }

  @Test func ordering() throws {
    let x = try Tensor([3.0, 1, 3, 2], [4])
    let (values, indices) = try x.sorted(0)
    #expect(try values.doubles() == [1, 2, 3, 3])
    #expect(try indices.integers() == [1, 3, 0, 2], "equal values keep their order")
    #expect(try x.sorted(0, descending: true).indices.integers() == [0, 2, 3, 1])
    #expect(try x.top(2, 0).values.doubles() == [3, 3])
  }

  @Test func creation() throws {
    #expect(try Tensor.arange(4).integers() == [0, 1, 2, 3])
    #expect(try Tensor.eye(2).floats() == [1, 0, 0, 1])
    #expect(try Tensor.full(2.5, [2], dtype: .float64).doubles() == [2.5, 2.5])
    #expect(try Tensor.full(7, [], dtype: .int32).item() == 7)
    #expect(try Tensor([1.0, 2], [2]).zerosLike().doubles() == [0, 0])
  }

  @Test func shapes() throws {
    let x = try Tensor.arange(6).reshaped([2, 3])
    #expect((x.rank, x.count, x.size(-1)) == (2, 6, 3))
    #expect(try x.flipped([1]).integers() == [2, 1, 0, 5, 4, 3])
    #expect(try x.selecting(1, Tensor(indices: [2, 0])).integers() == [2, 0, 5, 3])
    #expect(try x.gathered(1, Tensor([Int64(2), 0], [2, 1])).integers() == [2, 3])
    #expect(try x.scattering(9, 1, Tensor([Int64(2), 0], [2, 1])).integers() == [0, 1, 9, 9, 4, 5])
    #expect(try x.narrowed(1, from: 1, count: 2).integers() == [1, 2, 4, 5])
    #expect(try x.padded(left: 1, right: 0, top: 0, bottom: -1).integers() == [0, 0, 1, 2])
    #expect(try Tensor.concatenated([x, x], 1).shape == [2, 6])
    #expect(try Tensor.stacked([x, x]).shape == [2, 2, 3])
    #expect(try x.expanded([4, 2, 3]).shape == [4, 2, 3])
  }

  @Test func finiteness() throws {
    let x = try Tensor([1.0, .infinity, .nan], [3])
    #expect(try x.isFinite().booleans() == [true, false, false])
    #expect(try !x.isFinite().allTrue())
    #expect(try Tensor.ones([3]).isFinite().allTrue())
  }

  @Test func softmaxAndCrossEntropy() throws {
    let logits = try Tensor([1.0, 2, 3, 0, 0, 0], [2, 3])
    #expect(try distance(logits.softmax(1).sum([1]), Tensor.ones([2])) < 1e-15)
    let losses = try logits.crossEntropy(Tensor(indices: [2, 1]), perSample: true).doubles()
    #expect(Swift.abs(losses[0] - log(1 + exp(-1) + exp(-2))) < 1e-15)
    #expect(Swift.abs(losses[1] - log(3)) < 1e-15)
    #expect(try logits.crossEntropy(Tensor(indices: [2, 1])).item() == (losses[0] + losses[1]) / 2)
    #expect(try distance(logits.logSoftmax(1).exp(), logits.softmax(1)) < 1e-15)
  }

  /// The singular values of a rotated diagonal matrix, and QR's defining properties.
  @Test func linearAlgebra() throws {
    let (c, s) = (cos(0.4), sin(0.4))
    let rotated = try Tensor([c, -s, s, c], [2, 2]).matmul(Tensor([3.0, 0, 0, 0.5], [2, 2]))
    #expect(try distance(rotated.singularValues(), Tensor([3, 0.5], [2])) < 1e-14)
    let matrix = try uniform([5, 3], RandomStream(seed: 1))
    let (q, r) = try matrix.qr()
    #expect(try distance(q.matmul(r), matrix) < 1e-14)
    #expect(try distance(q.transposed().matmul(q), Tensor.eye(3, dtype: .float64)) < 1e-14)
    #expect(try r.doubles()[3] == 0)
  }
}
