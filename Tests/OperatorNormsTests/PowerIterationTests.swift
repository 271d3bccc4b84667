import OperatorNorms
import RandomStreams
import Testing
import TorchCore

@TorchActor @Suite struct PowerIterationTests {
  @Test func convolutionsConvergeToTheirNormAndGradient() throws {
    for seed in 0..<20 {
      let plain = try RandomConvolution(seed: seed, plain: true).convolution
      let weight = try plain.weight.asLeaf()
      let convolution = try ConvolutionOperator(
        weight: weight, geometry: plain.geometry, inputSize: plain.inputSize)
      let start = try Tensor.normal(
        [1, plain.inputChannels] + plain.inputSize, RandomStream(seed: UInt64(seed)), dtype: .float64)
      var v = try start / start.norm()
      var sigma = try Tensor.zeros([])
      for _ in 0..<400 { (v, sigma) = try PowerIteration.step(convolution, v: v) }
      let exact = try exactNorm(plain)
      #expect(abs(try sigma.item() / exact - 1) < 1e-3, "seed \(seed)")
      #expect(!v.requiresGradient)

      // σ is homogeneous of degree 1 in the weight, so ⟨∂σ/∂W, W⟩ = σ.
      let gradient = try #require(try gradients(of: sigma, withRespectTo: [weight])[0])
      #expect(abs(try (gradient * weight).sum().item() - sigma.item()) < 1e-10 * exact)
      // Moving against the gradient by t shrinks σ by t‖∂σ/∂W‖² to first order.
      let moved = try ConvolutionOperator(
        weight: plain.weight - gradient * 1e-6, geometry: plain.geometry, inputSize: plain.inputSize)
      let slope = try (exact - exactNorm(moved)) / 1e-6
      #expect(abs(slope / (try gradient.squared().sum().item()) - 1) < 0.05, "seed \(seed)")
    }
  }

  @Test func matricesConvergeToTheirNorm() throws {
    let matrix = try Tensor([3.0, 0, 0, 0, 2, 0], [2, 3]).asLeaf()
    var v = try Tensor([0.6, 0.64, 0.48], [3])
    var sigma = try Tensor.zeros([])
    for _ in 0..<60 { (v, sigma) = try PowerIteration.step(matrix: matrix, v: v) }
    #expect(abs(try sigma.item() - 3) < 1e-9)
    let gradient = try #require(try gradients(of: sigma, withRespectTo: [matrix])[0])
    #expect(try (gradient - Tensor([1.0, 0, 0, 0, 0, 0], [2, 3])).abs().max().item() < 1e-9)
  }

  @Test func zeroStaysZero() throws {
    let (next, sigma) = try PowerIteration.step(matrix: .zeros([2, 3]), v: .ones([3]))
    #expect(try sigma.item() == 0 && next.norm().item() == 0)
  }
}
