import RandomStreams
import Testing
import TorchCore

/// Layers on a graphics processor, beside the CPU in double precision.
@TorchActor
@Suite(.enabled(if: Device.cudaCount > 0, "there is no CUDA device"))
struct CUDATests {
  private let device = Device.cuda(0)

  @Test func tensorsTravelThereAndBack() throws {
    let values = try uniform([7, 3, 5, 5], RandomStream(seed: 1))
    let there = try values.channelsLast().to(device)
    #expect(there.device == device && there.isChannelsLast)
    #expect(try there.to(.cpu).equal(values).allTrue())
    let bytes = (0..<210).map { UInt8($0) }
    #expect(try Tensor(bytes, [210]).to(device).to(.float32).doubles() == bytes.map(Double.init))
    try device.synchronize()
  }

  @Test func layersAndTheirGradientsAreTheCPUs() throws {
    let stream = RandomStream(seed: 2)
    let x = try uniform([6, 16, 9, 9], stream.stream("x"))
    let weight = try uniform([16, 16, 3, 3], stream.stream("weight"))
    let (bias, head) = try (uniform([16], stream.stream("bias")), uniform([5, 16], stream.stream("head")))
    for geometry in [ConvolutionGeometry(padding: 1), ConvolutionGeometry(stride: 2, padding: 1)] {
      func slopes(_ dtype: DType, on device: Device) throws -> [Tensor?] {
        let leaves = try [x, weight, bias, head].map { try $0.to(dtype).to(device).asLeaf() }
        let hidden = try leaves[0].channelsLast().conv2d(leaves[1], leaves[2], geometry, activating: true)
        let logits = try hidden.globalAveragePool().linear(leaves[3], nil)
        let loss = try logits.crossEntropy(Tensor(indices: [0, 1, 2, 3, 4, 0]).to(device))
        return try [logits] + gradients(of: loss, withRespectTo: leaves)
      }
      for (found, exact) in try zip(slopes(.float32, on: device), slopes(.float64, on: .cpu)) {
        let (found, exact) = try (#require(found).doublesOnCPU(), #require(exact))
        #expect(try (found - exact).abs().max().item() <= 1e-5 * max(1e-3, exact.abs().max().item()))
      }
    }
  }

  /// The same bytes each time, also of sums that threads share.
  @Test func theSameBytesTwice() throws {
    let stream = RandomStream(seed: 3)
    let x = try uniform([32, 8, 16, 16], stream.stream("x")).to(.float32).to(device)
    let weight = try uniform([8, 8, 3, 3], stream.stream("w")).to(.float32).to(device)
    func slope() throws -> Tensor {
      let leaf = try weight.asLeaf()
      let y = try x.conv2d(leaf, nil, ConvolutionGeometry(padding: 1)).squared().sum()
      return try #require(gradients(of: y, withRespectTo: [leaf])[0])
    }
    let first = try slope()
    for _ in 0..<5 { #expect(try slope().equal(first).allTrue()) }
  }
}
