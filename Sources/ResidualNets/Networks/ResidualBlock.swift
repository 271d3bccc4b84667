import RandomStreams
import TorchCore

/// What the residual blocks share: two 3×3 convolutions, their norms, and a shortcut where the shape changes.
public protocol ResidualBlock: Module {
  var conv1: Conv2d { get }
  var conv2: Conv2d { get }
  var norm1: (any Norm)? { get }
  var norm2: (any Norm)? { get }
  /// Norms on the shortcut, if any.
  var shortcutNorm: (any Norm)? { get }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor
  func deployed(_ passage: Passage) throws -> [Stage]
}

/// Sizes and options of one block.
struct BlockSpecification {
  let site: String
  let inputs: Int
  let outputs: Int
  let stride: Int
  /// Height and width of the block's input.
  let inputSize: [Int]
  let network: NetworkDescription

  var changesShape: Bool { stride != 1 || inputs != outputs }

  /// Convolutions carry a bias where no norm follows to supply one.
  var usesBias: Bool { network.norm == .none }

  func convolution1(_ stream: RandomStream) throws -> Conv2d {
    try Conv2d(
      site: "\(site).conv1", inputs: inputs, outputs: outputs, kernel: 3, stride: stride, inputSize: inputSize,
      bias: usesBias, budget: network.branchBudget, stream: stream.stream("conv1"))
  }

  /// Without a norm, a free branch starts as zero (Zhang et al. 2019), so that depth does not make the signal explode.
  func convolution2(inputSize: [Int], _ stream: RandomStream) throws -> Conv2d {
    try Conv2d(
      site: "\(site).conv2", inputs: outputs, outputs: outputs, kernel: 3, inputSize: inputSize, bias: usesBias,
      budget: network.branchBudget,
      initialization: network.norm == .none && network.branchBudget == nil ? .zero : .he,
      stream: stream.stream("conv2"))
  }

  /// The 1×1 projection of the shortcut, where the shape changes.
  func projection(_ stream: RandomStream) throws -> Conv2d? {
    guard changesShape else { return nil }
    return try Conv2d(
      site: "\(site).downsample.0", inputs: inputs, outputs: outputs, kernel: 1, stride: stride, inputSize: inputSize,
      bias: false, budget: network.branchBudget == nil ? nil : 1, stream: stream.stream("downsample"))
  }
}
