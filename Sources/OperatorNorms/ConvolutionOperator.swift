import TorchCore

/// The linear map of a zero-padded convolution (without its bias) on inputs of one size: C×H×W → out×H'×W'.
public struct ConvolutionOperator {
  /// out×(in/groups)×kernel height×kernel width.
  public let weight: Tensor
  public let geometry: ConvolutionGeometry
  /// Height and width of the input.
  public let inputSize: [Int]

  /// - Throws: ``OperatorNormError`` where the weight, the geometry and the input size do not fit together.
  public init(weight: Tensor, geometry: ConvolutionGeometry, inputSize: [Int]) throws {
    func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
      guard condition else { throw OperatorNormError.invalidOperator(reason()) }
    }
    let shape = weight.shape
    let pairs = [geometry.stride, geometry.padding, geometry.dilation, inputSize]
    try require(shape.count == 4 && shape.allSatisfy { $0 > 0 }, "a weight of shape \(shape) is not out×in×k×k")
    try require(weight.dtype.isFloatingPoint, "the weight's type is not a real floating-point type")
    try require(pairs.allSatisfy { $0.count == 2 }, "stride, padding, dilation and input size need two numbers each")
    try require(
      pairs.joined().allSatisfy { (0...Self.longestSide).contains($0) }, "sizes outside 0...\(Self.longestSide)")
    try require(shape.allSatisfy { $0 <= Self.longestSide }, "the weight of shape \(shape) is too large")
    try require((geometry.stride + geometry.dilation).allSatisfy { $0 > 0 }, "stride and dilation must be positive")
    try require(
      geometry.groups > 0 && shape[0] % geometry.groups == 0,
      "\(shape[0]) output channels do not divide into \(geometry.groups) groups")
    for axis in 0..<2 {
      let extent = geometry.dilation[axis] * (shape[axis + 2] - 1) + 1
      try require(
        inputSize[axis] > 0 && inputSize[axis] + 2 * geometry.padding[axis] >= extent,
        "a kernel of extent \(extent) does not fit into a padded input of size \(inputSize)")
    }
    self.weight = weight
    self.geometry = geometry
    self.inputSize = inputSize
  }

  /// Keeps every product of sizes far below 2⁶³.
  private static let longestSide = 1 << 20

  public var inputChannels: Int { weight.size(1) * geometry.groups }
  public var outputChannels: Int { weight.size(0) }
  /// Kernel height and width.
  public var kernel: [Int] { [weight.size(2), weight.size(3)] }
  /// Output height and width.
  public var outputSize: [Int] { geometry.outputSize(inputSize, kernel: kernel) }

  /// A x, for a batch N×C×H×W.
  public func apply(_ x: Tensor) throws -> Tensor { try x.conv2d(weight, nil, geometry) }

  /// Aᵀ y, for a batch N×out×H'×W'.
  public func adjoint(_ y: Tensor) throws -> Tensor {
    try y.conv2dAdjoint(weight, geometry, inputSize: inputSize)
  }

  /// The same operator with its weight in double precision on the CPU, which is exact, and outside any graph.
  func inDoublePrecision() throws -> ConvolutionOperator {
    try ConvolutionOperator(weight: weight.exactDoubles(), geometry: geometry, inputSize: inputSize)
  }
}

extension Tensor {
  /// The same values in double precision on the CPU, outside any graph.
  /// - Throws: ``OperatorNormError`` where a value is not finite.
  package func exactDoubles() throws -> Tensor {
    let values = try doublesOnCPU().contiguous()
    guard try values.count == 0 || values.isFinite().to(.uint8).min().item() == 1 else {
      throw OperatorNormError.notFinite("the weight of shape \(shape) holds an infinity or a NaN")
    }
    return values
  }
}
