import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

/// The linear part of a stage that has one with weights.
enum LinearStage {
  case convolution(ConvolutionOperator)
  case matrix(Tensor)

  /// nil where the stage is no convolution and no fully connected layer.
  init?(_ stage: Stage, input: SampleShape) throws {
    switch stage.operation {
    case .convolution(let weight, _, let geometry):
      let size = try input.image(at: stage.name).size
      self = .convolution(try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: size))
    case .linear(let weight, _): self = .matrix(weight)
    default: return nil
    }
  }

  /// What the norm is not below, from a vector that the seed and the stage's name give.
  func lowerBound(iterations: Int, seed: Int, name: String) throws -> Double {
    try lowerBound(
      iterations: iterations, stream: RandomStream(seed: UInt64(max(0, seed))).stream("lower bound").stream(name))
  }

  /// What the norm is not below, from a vector of a stream.
  func lowerBound(iterations: Int, stream: RandomStream) throws -> Double {
    switch self {
    case .convolution(let convolution):
      try OperatorNorm.lowerBound(of: convolution, iterations: iterations, stream: stream)
    case .matrix(let matrix): try OperatorNorm.lowerBound(ofMatrix: matrix, iterations: iterations, stream: stream)
    }
  }

  /// An upper bound by other means than those of ``StageBounding``.
  func checkedBound(by method: StageClaim.Method?) throws -> Double {
    switch self {
    case .matrix(let matrix): return try OperatorNorm.checkedBound(ofMatrix: matrix)
    case .convolution(let convolution):
      guard let method else {
        throw OperatorNormError.invalidOperator("the certificate does not say how its norm was bounded")
      }
      return try OperatorNorm.checkedBound(of: convolution, by: method.asMethod)
    }
  }

  /// An upper bound on the norm with |weights|.
  func checkedAbsoluteBound() throws -> Double {
    switch self {
    case .convolution(let convolution): return try OperatorNorm.checkedAbsoluteBound(of: convolution)
    case .matrix(let matrix):
      let weight = try matrix.doublesOnCPU().abs()
      let inflation = 1 + Rounding.gamma(weight.count)
      let rows = try weight.matmul(.ones([weight.size(1), 1], dtype: .float64)).max().item()
      let columns = try weight.transposed().matmul(.ones([weight.size(0), 1], dtype: .float64)).max().item()
      return rows.timesUp(inflation).squareRootUp.timesUp(columns.timesUp(inflation).squareRootUp)
    }
  }
}
