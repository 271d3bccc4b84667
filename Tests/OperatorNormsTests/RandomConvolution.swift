import OperatorNorms
import RandomStreams
import TorchCore

/// A random small convolution in double precision: kernels 1–5 (even and non-square too), strides 1–3, paddings,
/// dilations, groups and input sizes.
struct RandomConvolution {
  let convolution: ConvolutionOperator

  init(seed: Int, sizes: ClosedRange<Int> = 1...9, plain: Bool = false) throws {
    let stream = RandomStream(seed: UInt64(seed)).stream("convolution")
    var generator = stream.stream("shape").generator
    let pick = { (range: ClosedRange<Int>) in Int.random(in: range, using: &generator) }
    let kernel = plain ? [3, 3] : [pick(1...5), pick(1...5)]
    let stride = plain ? [1, 1] : [pick(1...3), pick(1...3)]
    let dilation = plain ? [1, 1] : [pick(1...2), pick(1...2)]
    let padding = plain ? [1, 1] : [pick(0...3), pick(0...3)]
    let groups = plain ? 1 : pick(1...2)
    let size = (0..<2).map { axis in
      max(dilation[axis] * (kernel[axis] - 1) + 1 - 2 * padding[axis], plain ? 5 : 1, pick(sizes))
    }
    let shape = [groups * pick(1...3), pick(1...3)] + kernel
    let weight = try Tensor.normal(shape, stream.stream("weight"), dtype: .float64)
    convolution = try ConvolutionOperator(
      weight: pick(0...3) == 0 ? weight.abs() : weight,
      geometry: ConvolutionGeometry(stride: stride, padding: padding, dilation: dilation, groups: groups),
      inputSize: size)
  }
}

/// The largest singular value of the operator's own matrix, by LAPACK.
func exactNorm(_ convolution: ConvolutionOperator) throws -> Double {
  try convolution.matrix().singularValues().max().item()
}

func median(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.sorted()[values.count / 2] }
