import RandomStreams
import TensorFiles
import Testing
import TorchCore

/// What libtorch refuses arrives as a `TorchError` of the right kind, with its words, and leaves torch usable.
@TorchActor
@Suite struct TorchErrorTests {
  struct Refusal: Sendable, CustomTestStringConvertible {
    let name: String
    let body: @Sendable () throws -> Void
    var testDescription: String { name }
  }

  private nonisolated static func refusal(
    _ name: String, _ body: @escaping @Sendable () throws -> Any
  ) -> Refusal {
    Refusal(name: name) { _ = try body() }
  }

  nonisolated static let refusals: [Refusal] = [
    refusal("add shapes") { try Tensor.ones([2, 3]) + Tensor.ones([4]) },
    refusal("matmul shapes") { try Tensor.ones([2, 3]).matmul(Tensor.ones([2, 3])) },
    refusal("matmul types") { try Tensor.ones([2, 3]).matmul(Tensor.ones([3, 2], dtype: .float64)) },
    refusal("linear shapes") { try Tensor.ones([2, 3]).linear(Tensor.ones([4, 5])) },
    refusal("linear types") { try Tensor.ones([2, 3]).linear(Tensor.ones([4, 3], dtype: .float64)) },
    refusal("linear bias") { try Tensor.ones([2, 3]).linear(Tensor.ones([4, 3]), Tensor.ones([5])) },
    refusal("conv2d channels") { try Tensor.ones([1, 2, 5, 5]).conv2d(Tensor.ones([3, 4, 3, 3])) },
    refusal("conv2d types") { try Tensor.ones([1, 2, 5, 5]).conv2d(Tensor.ones([3, 2, 3, 3], dtype: .int32)) },
    refusal("conv2d kernel larger than input") { try Tensor.ones([1, 2, 2, 2]).conv2d(Tensor.ones([3, 2, 3, 3])) },
    refusal("conv2d stride 0") {
      try Tensor.ones([1, 2, 5, 5]).conv2d(Tensor.ones([3, 2, 3, 3]), nil, ConvolutionGeometry(stride: 0))
    },
    refusal("conv2d groups") {
      try Tensor.ones([1, 3, 5, 5]).conv2d(Tensor.ones([4, 2, 3, 3]), nil, ConvolutionGeometry(groups: 2))
    },
    refusal("batchNorm statistics") {
      try Tensor.ones([2, 3, 4, 4]).batchNorm(
        weight: nil, bias: nil, mean: Tensor.zeros([2]), variance: Tensor.ones([2]), training: false, momentum: 0.1,
        epsilon: 1e-5)
    },
    refusal("groupNorm groups") {
      try Tensor.ones([2, 3, 4, 4]).groupNorm(groups: 2, weight: nil, bias: nil, epsilon: 1)
    },
    refusal("layerNorm shape") { try Tensor.ones([2, 3]).layerNorm([4], weight: nil, bias: nil, epsilon: 1) },
    refusal("maxPool2d kernel") { try Tensor.ones([1, 1, 2, 2]).maxPool2d(kernel: 5, stride: 1) },
    refusal("averagePool2d padding") { try Tensor.ones([1, 1, 4, 4]).averagePool2d(kernel: 2, stride: 1, padding: 2) },
    refusal("reshape") { try Tensor.ones([2, 3]).reshaped([4, 2]) },
    refusal("reshape two unknowns") { try Tensor.ones([2, 3]).reshaped([-1, -1]) },
    refusal("expand") { try Tensor.ones([2, 3]).expanded([4, 3]) },
    refusal("permute") { try Tensor.ones([2, 3]).permuted([0, 0]) },
    refusal("permute rank") { try Tensor.ones([2, 3]).permuted([0]) },
    refusal("narrow") { try Tensor.ones([2, 3]).narrowed(1, from: 2, count: 2) },
    refusal("strided step 0") { try Tensor.ones([2, 3]).strided(0, from: 0, step: 0) },
    refusal("flip twice") { try Tensor.ones([2, 3]).flipped([0, 0]) },
    refusal("selecting beyond") { try Tensor.ones([2, 3]).selecting(0, Tensor(indices: [2])) },
    refusal("selecting by floats") { try Tensor.ones([2, 3]).selecting(0, Tensor.ones([1])) },
    refusal("gather beyond") { try Tensor.ones([2, 3]).gathered(1, Tensor([Int64(3)], [1, 1])) },
    refusal("gather by floats") { try Tensor.ones([2, 3]).gathered(1, Tensor.ones([1, 1])) },
    refusal("scatter beyond") { try Tensor.ones([2, 3]).scattering(1, 1, Tensor([Int64(-1)], [1, 1])) },
    refusal("concatenate nothing") { try Tensor.concatenated([]) },
    refusal("concatenate shapes") { try Tensor.concatenated([Tensor.ones([2, 3]), Tensor.ones([2, 4])]) },
    refusal("stack shapes") { try Tensor.stacked([Tensor.ones([2]), Tensor.ones([3])]) },
    refusal("pad a vector") { try Tensor.ones([2]).padded(left: 1, right: 1, top: 1, bottom: 1) },
    refusal("crop too much") { try Tensor.ones([2, 2]).padded(left: -3, right: 0, top: 0, bottom: 0) },
    refusal("sum dimension") { try Tensor.ones([2, 3]).sum([2]) },
    refusal("sum twice") { try Tensor.ones([2, 3]).sum([0, 0]) },
    refusal("mean of integers") { try Tensor.arange(3).mean() },
    refusal("max of nothing") { try Tensor.ones([0]).max() },
    refusal("argmax dimension") { try Tensor.ones([2]).argmax(1) },
    refusal("top too many") { try Tensor.ones([2]).top(3, 0) },
    refusal("sorted dimension") { try Tensor.ones([2]).sorted(1) },
    refusal("cumulativeSum dimension") { try Tensor.ones([2]).cumulativeSum(1) },
    refusal("softmax dimension") { try Tensor.ones([2]).softmax(1) },
    refusal("cross-entropy label beyond") { try Tensor.ones([2, 3]).crossEntropy(Tensor(indices: [0, 3])) },
    refusal("cross-entropy label type") {
      try Tensor.ones([2, 3]).crossEntropy(Tensor([UInt8(0), 1], [2]).to(.int32))
    },
    refusal("cross-entropy label count") { try Tensor.ones([2, 3]).crossEntropy(Tensor(indices: [0])) },
    refusal("item of two") { try Tensor.ones([2]).item() },
    refusal("complex host") { try Tensor.ones([2]).to(.complex64).host() },
    refusal("singular values of a vector") { try Tensor.ones([2]).singularValues() },
    refusal("QR of a vector") { try Tensor.ones([2]).qr() },
    refusal("integers want no gradient") { try Tensor.arange(3).asLeaf() },
    refusal("gradient of many without a seed") {
      let x = try Tensor.ones([2]).asLeaf()
      return try gradients(of: x * 2, withRespectTo: [x])
    },
    refusal("gradient without a graph") {
      try gradients(of: Tensor.ones([]), withRespectTo: [Tensor.ones([]).asLeaf()])
    },
    refusal("gradient twice through one graph") {
      let x = try Tensor.ones([]).asLeaf()
      let y = try x.exp()
      _ = try gradients(of: y, withRespectTo: [x])
      return try gradients(of: y, withRespectTo: [x])
    },
    refusal("gradient seed shape") {
      let x = try Tensor.ones([2]).asLeaf()
      return try gradients(of: x * 2, seed: Tensor.ones([3]), withRespectTo: [x])
    },
    refusal("assign shape") { try Tensor.ones([2]).assign(Tensor.ones([1])) },
    refusal("values that do not fill the shape") { try Tensor([Float(1), 2], [3]) },
    refusal("negative shape") { try Tensor([Float](), [-1, 0]) },
    refusal("negative zeros") { try Tensor.zeros([-1]) },
    refusal("negative count") { try Tensor.arange(-1) },
    refusal("negative identity") { try Tensor.eye(-1) },
    refusal("shape without a count") { try Tensor.zeros([1 << 40, 1 << 40]) },
    refusal("random shape without a count") { try Tensor.uniform([1 << 40, 1 << 40], RandomStream(seed: 1)) },
    refusal("negative random shape") { try Tensor.normal([-2], RandomStream(seed: 1)) },
    refusal("no threads") { try Torch.setThreads(-1) },
  ]

  @Test(arguments: refusals) func isThrownNotCrashed(refusal: Refusal) throws {
    let error = #expect(throws: TorchError.self) { try refusal.body() }
    #expect(error?.code == .invalidOperation, "\(String(describing: error))")
    #expect(error?.message.isEmpty == false)
    #expect(try Tensor.ones([2]).sum().item() == 2)
  }

  @Test func exhaustionHasACodeOfItsOwn() throws {
    for make in [{ try Tensor.zeros([1 << 50]) }, { try Tensor.uniform([1 << 50], RandomStream(seed: 1)) }] {
      let error = #expect(throws: TorchError.self) { _ = try make() }
      #expect(error?.code == .outOfMemory, "\(String(describing: error))")
    }
    #expect(try Tensor.ones([2]).sum().item() == 2)
  }

  @Test func errorsQuoteShapes() throws {
    let error = #expect(throws: TorchError.self) { try Tensor.ones([2, 3]).matmul(Tensor.ones([5, 7])) }
    #expect(error?.message.contains("2x3") == true && error?.message.contains("5x7") == true)
    #expect(error?.description.hasPrefix("torch: ") == true)
  }
}
