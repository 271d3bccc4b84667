import OrderedCollections
import TensorFiles
import TorchCore

/// One layer with weights of an `nn.Sequential`.
struct SequentialLayer {
  /// Its place among the modules.
  let index: Int
  /// out×in, or out×in/groups×k×k.
  let weight: HostTensor
  let bias: HostTensor?
  /// Nil for a linear layer.
  let geometry: ConvolutionGeometry?

  var isLinear: Bool { geometry == nil }
  var outputs: Int { weight.shape[0] }
  /// Input features or channels.
  var inputs: Int { weight.shape[1] * (geometry?.groups ?? 1) }
  var kernel: [Int] { Array(weight.shape[2...]) }

  func tensor(_ host: HostTensor, _ dtype: DType?) throws -> Tensor {
    let tensor = try Tensor(host)
    return try dtype.map(tensor.to) ?? tensor
  }

  func stage(_ dtype: DType?) throws -> Stage {
    let (weight, bias) = try (tensor(weight, dtype), bias.map { try tensor($0, dtype) })
    guard let geometry else { return Stage("\(index)", .linear(weight: weight, bias: bias)) }
    return try Stage(
      "\(index)", .convolution(weight: weight.channelsLast(), bias: bias, geometry: geometry))
  }

  /// All layers in order; every tensor has to belong to one.
  static func layers(
    of tensors: OrderedDictionary<String, HostTensor>, geometries: [String: ConvolutionGeometry],
    _ fault: (String) -> WeightsError
  ) throws -> [SequentialLayer] {
    var weights: [Int: HostTensor] = [:]
    var biases: [Int: HostTensor] = [:]
    for (key, tensor) in tensors {
      let parts = key.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, let index = Int(parts[0]), (0..<100_000).contains(index), String(index) == parts[0],
        parts[1] == "weight" || parts[1] == "bias"
      else {
        throw fault(
          "'\(key.prefix(80))' is no key of an nn.Sequential of Linear, Conv2d, ReLU and Flatten, which has N.weight and "
            + "N.bias")
      }
      guard DType(tensor.elementType).isFloatingPoint else { throw fault("'\(key)' does not hold real numbers") }
      guard tensor.count > 0 else { throw fault("'\(key)' of shape \(tensor.shape) is empty") }
      if parts[1] == "weight" { weights[index] = tensor } else { biases[index] = tensor }
    }
    guard !weights.isEmpty else { throw fault("there are no layers with weights") }
    if let orphan = biases.keys.filter({ weights[$0] == nil }).min() { throw fault("'\(orphan).bias' has no weight") }
    let types = Set((weights.values.map(\.elementType) + biases.values.map(\.elementType)))
    guard types.count == 1 else { throw fault("the layers are of different element types") }

    let layers = try weights.sorted { $0.key < $1.key }.map { index, weight in
      let geometry = try geometry(of: weight, index: index, given: geometries["\(index)"], fault)
      if let bias = biases[index], bias.shape != [weight.shape[0]] {
        throw fault("'\(index).bias' has shape \(bias.shape), the layer needs \([weight.shape[0]])")
      }
      return SequentialLayer(index: index, weight: weight, bias: biases[index], geometry: geometry)
    }
    let convolutions = Set(layers.filter { !$0.isLinear }.map { "\($0.index)" })
    if let unknown = geometries.keys.filter({ !convolutions.contains($0) }).min() {
      throw fault("a geometry is given for '\(unknown)', which is no convolution")
    }
    return layers
  }

  private static func geometry(
    of weight: HostTensor, index: Int, given: ConvolutionGeometry?, _ fault: (String) -> WeightsError
  ) throws -> ConvolutionGeometry? {
    switch weight.shape.count {
    case 2: return nil
    case 4: break
    default:
      throw fault(
        "'\(index).weight' has shape \(weight.shape): only linear layers (two axes) and 2-d convolutions (four) are "
          + "recognised")
    }
    let geometry =
      given
      ?? ConvolutionGeometry(
        stride: [1, 1], padding: [weight.shape[2] / 2, weight.shape[3] / 2], dilation: [1, 1], groups: 1)
    // Far beyond any network, and small enough that sizes computed from them do not overflow.
    let limit = 1 << 16
    guard [geometry.stride, geometry.padding, geometry.dilation].allSatisfy({ $0.count == 2 }),
      (geometry.stride + geometry.dilation + [geometry.groups]).allSatisfy({ (1...limit).contains($0) }),
      geometry.padding.allSatisfy({ (0...limit).contains($0) }), weight.shape[0].isMultiple(of: geometry.groups)
    else { throw fault("the geometry given for '\(index)' describes no convolution of shape \(weight.shape)") }
    return geometry
  }
}
