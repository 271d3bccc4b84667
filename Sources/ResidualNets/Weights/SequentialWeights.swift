import Foundation
import OrderedCollections
import TensorFiles
import TorchCore

/// A PyTorch `nn.Sequential` of Linear, Conv2d, ReLU and Flatten, recognised from the keys of its state dict alone.
///
/// Keys are `N.weight` and `N.bias`, N the module's place. A weight of two axes is a linear layer, one of four a
/// convolution. Modules without weights leave gaps in the numbering, which are read as follows:
/// - between two layers of one kind, a gap of one is a ReLU;
/// - between a convolution and a linear layer, a gap of one is a Flatten and a gap of two a ReLU and a Flatten;
/// - a gap of one before a first linear layer is a Flatten.
///
/// Anything else is refused. What the keys cannot show is taken on trust: that those modules are ReLUs (not other
/// activations), and that nothing but the identity follows the last layer.
public struct SequentialWeights {
  /// What the file says, as the network that runs; the last linear layer is its head.
  public let network: DeployedNetwork

  /// - Parameters:
  ///   - inputShape: channels, height, width of the pixels. Nil suits a network of linear layers alone, whose inputs are
  ///     then that many channels of one pixel.
  ///   - geometries: strides, paddings, dilations and groups by layer number; a convolution that is not named has stride
  ///     1 and half its kernel as padding.
  ///   - dtype: the type of the network's constants; nil keeps the file's.
  /// - Throws: ``WeightsError`` or `TensorFileError`, naming the file and the layer.
  public init(
    contentsOf url: URL, inputShape: [Int]? = nil, geometries: [String: ConvolutionGeometry] = [:],
    dtype: DType? = .float32
  ) throws {
    try self.init(
      SafetensorsFile(contentsOf: url), path: url.path, inputShape: inputShape, geometries: geometries, dtype: dtype)
  }

  /// The same from a file that has been read; `path` is what errors call it.
  public init(
    _ file: SafetensorsFile, path: String, inputShape: [Int]? = nil,
    geometries: [String: ConvolutionGeometry] = [:], dtype: DType? = .float32
  ) throws {
    func fault(_ reason: String) -> WeightsError { WeightsError(path: path, reason: reason) }
    let layers = try SequentialLayer.layers(of: file.tensors, geometries: geometries, fault)
    guard let first = layers.first, let head = layers.last, head.isLinear else {
      throw fault("the last layer with weights has to be linear, since its outputs are the logits")
    }
    guard let inputShape = inputShape ?? (first.isLinear ? [first.inputs, 1, 1] : nil) else {
      throw fault("the input's channels, height and width are needed: convolutions do not say them")
    }
    let body = try SequentialChain(layers, inputShape: inputShape, fault).body(dtype)
    let weight = try head.tensor(head.weight, dtype)
    let bias = try head.bias.map { try head.tensor($0, dtype) } ?? Tensor.zeros([head.outputs], dtype: weight.dtype)
    network = DeployedNetwork(inputShape: inputShape, body: body, headWeight: weight, headBias: bias)
  }
}
