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
  public let constraint: (any NormConstraint)?

  public enum Initialization: Sendable, Hashable {
    /// Normal with variance scale²·2/(k²·out): He et al. 2015, fan-out form, as residual networks use it.
    case he(scale: Double)
    /// Weights and biases uniform on ±1/√(k²·in), as PyTorch initialises a convolution.
    case uniform
    case zero
    /// Fixed: orthonormal rows, or columns where there are more outputs than pixels in a window.
    case orthonormal
    /// Fixed: the mean of the window of the channel of the same number; channels beyond the input's are zero.
    case pooled

    /// Whether the weight is settled from the start.
    var isFixed: Bool { self == .orthonormal || self == .pooled }

    func weight(_ shape: [Int], _ stream: RandomStream) throws -> Tensor {
      let (outputs, inputs, kernel) = (shape[0], shape[1], shape[2])
      switch self {
      case .he(let scale):
        return try Tensor.normal(shape, stream) * (scale * (2 / Double(kernel * kernel * outputs)).squareRoot())
      case .uniform:
        return try (Tensor.uniform(shape, stream) * 2 - 1) * Self.bound(shape)
      case .zero:
        return try Tensor.zeros(shape)
      case .orthonormal:
        let pixels = inputs * kernel * kernel
        let tall = try Tensor.normal([max(outputs, pixels), min(outputs, pixels)], stream, dtype: .float64).qr().q
        return try (outputs > pixels ? tall : tall.transposed()).reshaped(shape).to(.float32)
      case .pooled:
        let identity = try Tensor.eye(max(outputs, inputs)).narrowed(0, from: 0, count: outputs)
          .narrowed(1, from: 0, count: inputs)
        return try (identity.reshaped([outputs, inputs, 1, 1]).expanded(shape) / Double(kernel * kernel)).clone()
      }
    }

    /// Zeros, except where PyTorch's are asked for.
    func bias(_ shape: [Int], _ stream: RandomStream) throws -> Tensor {
      guard self == .uniform else { return try Tensor.zeros([shape[0]]) }
      return try (Tensor.uniform([shape[0]], stream) * 2 - 1) * Self.bound(shape)
    }

    private static func bound(_ shape: [Int]) -> Double { 1 / Double(shape[1...].reduce(1, *)).squareRoot() }
  }

  init(
    _ plan: ConvolutionPlan, bias: Bool, budget: Double? = nil,
    constraint: NetworkDescription.ConstraintKind = .spectral, initialization: Initialization = .he(scale: 1),
    stream: RandomStream
  ) throws {
    site = plan.site
    inputSize = plan.inputSize
    geometry = plan.geometry
    let shape = [plan.outputs, plan.inputs, plan.kernel, plan.kernel]
    weight = try Parameter(
      initialization.weight(shape, stream.stream("weight")), isFrozen: initialization.isFixed)
    self.bias = bias ? try Parameter(initialization.bias(shape, stream.stream("bias"))) : nil
    self.constraint = try budget.map {
      try constraint.make(
        budget: $0, vectorShape: [1, plan.inputs] + plan.inputSize, stream: stream.stream("constraint"))
    }
  }

  public convenience init(
    site: String, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, inputSize: [Int], bias: Bool,
    budget: Double? = nil, initialization: Initialization = .he(scale: 1), stream: RandomStream
  ) throws {
    try self.init(
      ConvolutionPlan(
        site: site, inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, inputSize: inputSize),
      bias: bias, budget: budget, initialization: initialization, stream: stream)
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
