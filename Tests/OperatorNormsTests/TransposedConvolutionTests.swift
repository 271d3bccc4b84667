import RandomStreams
import Testing
import TorchCore

@testable import OperatorNorms

@TorchActor @Suite struct TransposedConvolutionTests {
  /// Against the matrix of the definition: input i spreads weight a to output s·i − p + d·a.
  @Test func theNormIsThatOfTheScatteredKernel() throws {
    for seed in 0..<120 {
      let stream = RandomStream(seed: UInt64(seed)).stream("transposed")
      var generator = stream.stream("shape").generator
      let pick = { (range: ClosedRange<Int>) in Int.random(in: range, using: &generator) }
      let (stride, dilation, kernel) = (
        [pick(1...3), pick(1...3)], [pick(1...2), pick(1...2)], [pick(1...3), pick(1...3)]
      )
      let (groups, size) = (pick(1...2), [pick(1...4), pick(1...4)])
      // No more padding than leaves an output.
      let padding = (0..<2).map { min(pick(0...1), dilation[$0] * (kernel[$0] - 1) / 2) }
      let extra = (0..<2).map { pick(0...stride[$0] - 1) }
      let (inputs, outputs) = (groups * pick(1...2), pick(1...2))
      let weight = try Tensor.normal([inputs, outputs] + kernel, stream.stream("weight"), dtype: .float64)
      let convolution = try ConvolutionOperator(
        transposed: weight,
        geometry: ConvolutionGeometry(stride: stride, padding: padding, dilation: dilation, groups: groups),
        inputSize: size, outputPadding: extra)

      let out = convolution.inputSize
      let values = try weight.doubles()
      let (rows, columns) = (groups * outputs * out[0] * out[1], inputs * size[0] * size[1])
      var matrix = [Double](repeating: 0, count: rows * columns)
      for c in 0..<inputs {
        let group = c / (inputs / groups)
        for o in 0..<outputs {
          for (i, j) in (0..<size[0]).flatMap({ i in (0..<size[1]).map { (i, $0) } }) {
            for (a, b) in (0..<kernel[0]).flatMap({ a in (0..<kernel[1]).map { (a, $0) } }) {
              let y = stride[0] * i - padding[0] + dilation[0] * a
              let x = stride[1] * j - padding[1] + dilation[1] * b
              guard (0..<out[0]).contains(y), (0..<out[1]).contains(x) else { continue }
              let row = ((group * outputs + o) * out[0] + y) * out[1] + x
              matrix[row * columns + (c * size[0] + i) * size[1] + j] +=
                values[
                  ((c * outputs + o) * kernel[0] + a) * kernel[1] + b]
            }
          }
        }
      }
      let exact = try Tensor(matrix, [rows, columns]).singularValues().max().item()
      let bound = try OperatorNorm.upperBound(of: convolution)
      #expect(
        bound >= exact * (1 - 1e-13) && bound <= exact * (1 + 1e-6) + 1e-100, "seed \(seed): \(bound) for \(exact)")
      #expect(convolution.outputSize == size, "seed \(seed)")
    }
  }

  @Test func refusals() throws {
    func isRefused(_ shape: [Int], _ geometry: ConvolutionGeometry, _ size: [Int], _ extra: [Int] = [0, 0]) -> Bool {
      do {
        _ = try ConvolutionOperator(transposed: .ones(shape), geometry: geometry, inputSize: size, outputPadding: extra)
        return false
      } catch { return error is OperatorNormError }
    }
    #expect(!isRefused([2, 1, 3, 3], .init(stride: 2), [4, 4], [1, 0]))
    #expect(isRefused([2, 1, 3, 3], .init(stride: 2), [4, 4], [2, 0]) && isRefused([2, 3], .init(), [4, 4]))
    #expect(isRefused([2, 1, 3, 3], .init(stride: 0), [4, 4]) && isRefused([2, 1, 3, 3], .init(), [0, 4]))
    #expect(isRefused([3, 1, 3, 3], .init(groups: 2), [4, 4]) && isRefused([2, 1, 1, 1], .init(padding: 4), [4, 4]))
  }

  /// A grouped convolution acts on its groups one by one: its norm is the largest of theirs.
  @Test func groupsHaveTheLargestNormOfOne() throws {
    for seed in 0..<60 {
      let stream = RandomStream(seed: UInt64(seed)).stream("groups")
      let groups = 2 + stream.integer(below: 3, at: 0)
      let weight = try Tensor.normal([groups * 2, 2, 3, 3], stream.stream("weight"), dtype: .float64)
      let geometry = ConvolutionGeometry(stride: 1 + seed % 2, padding: 1, groups: groups)
      let whole = try OperatorNorm.upperBound(
        of: ConvolutionOperator(weight: weight, geometry: geometry, inputSize: [4, 4]))
      let norms = try (0..<groups).map { group in
        try exactNorm(
          ConvolutionOperator(
            weight: weight.narrowed(0, from: 2 * group, count: 2), geometry: .init(stride: 1 + seed % 2, padding: 1),
            inputSize: [4, 4]))
      }
      let largest = norms.max() ?? 0
      #expect(whole >= largest * (1 - 1e-13) && whole <= largest * (1 + 1e-6), "seed \(seed): \(whole) of \(norms)")
    }
  }
}
