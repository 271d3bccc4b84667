import RandomStreams
import TorchCore

/// Zero-padded convolution of a fixed input size, optionally with its operator norm kept at or below a budget.
public final class Conv2d: Module {
  /// Where this layer sits in its network.
  public let site: String
  /// out×in×k×k.
  public let weight: Parameter
  public let bias: Parameter?
  public let geometry: ConvolutionGeometry
  /// Height and width of the input, which the operator norm depends on.
  public let inputSize: [Int]
  public let constraint: SpectralConstraint?

  public enum Initialization {
    /// Normal with variance 2/(k²·out): He et al. 2015, fan-out form, as residual networks use it.
    case he
    /// The residual branch starts as zero, so that the block starts as the identity.
    case zero
  }

  public init(
    site: String, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, inputSize: [Int], bias: Bool,
    budget: Double? = nil, initialization: Initialization = .he, stream: RandomStream
  ) throws {
    self.site = site
    self.inputSize = inputSize
    geometry = ConvolutionGeometry(stride: stride, padding: kernel / 2)
    let shape = [outputs, inputs, kernel, kernel]
    switch initialization {
    case .he:
      let deviation = (2 / Double(kernel * kernel * outputs)).squareRoot()
      weight = try Parameter(Tensor.normal(shape, stream.stream("weight")) * deviation)
    case .zero:
      weight = try Parameter(Tensor.zeros(shape))
    }
    self.bias = bias ? try Parameter(Tensor.zeros([outputs])) : nil
    constraint = try budget.map {
      try SpectralConstraint(budget: $0, vectorShape: [1, inputs] + inputSize, stream: stream.stream("constraint"))
    }
  }

  public var kernel: Int { weight.value.size(2) }

  public var outputSize: [Int] { geometry.outputSize(inputSize, kernel: [kernel, kernel]) }

  public func forward(_ x: Tensor, _ mode: Mode) throws -> Tensor {
    try x.conv2d(effectiveWeight(mode), bias?.value, geometry)
  }

  /// The weight that acts: the parameter itself, or its constrained form.
  public func effectiveWeight(_ mode: Mode) throws -> Tensor {
    try constraint.map { try $0.constrain(kernel: weight.value, geometry, inputSize, mode) } ?? weight.value
  }

  public func visit(_ members: inout Members) {
    members.parameter("weight", weight)
    members.parameter("bias", bias)
    members.child("constraint", constraint)
  }
}
