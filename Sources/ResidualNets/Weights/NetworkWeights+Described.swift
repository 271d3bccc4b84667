import OrderedCollections
import TensorFiles

extension NetworkWeights {
  /// Weights with PyTorch's names, from a file that does not say what network they are of.
  ///
  /// The head is `fc` or `head`. A file without a normalising layer is of a network that takes pixels as they are;
  /// PyTorch's `num_batches_tracked` counters are passed over.
  /// - Parameter inputShape: channels, height, width of the pixels.
  /// - Throws: ``WeightsError`` naming the file and what does not fit, before anything large is built.
  public init(
    _ file: SafetensorsFile, path: String, description: NetworkDescription, inputShape: [Int]
  ) throws {
    guard let head = ["fc", "head"].first(where: { file.tensors["\($0).weight"]?.shape.count == 2 }),
      let weight = file.tensors["\(head).weight"]
    else { throw WeightsError(path: path, reason: "there is no head: neither fc.weight nor head.weight") }
    // A shape without elements costs nothing to claim, and here it would make names.
    guard weight.count > 0 else {
      throw WeightsError(path: path, reason: "'\(head).weight' of shape \(weight.shape) is empty")
    }

    var described = SafetensorsFile()
    for (key, tensor) in file.tensors where !key.hasSuffix("num_batches_tracked") {
      described.tensors[key.hasPrefix("\(head).") ? "fc." + key.dropFirst(head.count + 1) : key] = tensor
    }
    let record = NetworkRecord(
      description: description, inputShape: inputShape, classes: (0..<weight.shape[0]).map { "class \($0)" })
    do {
      try record.validate()
      described.metadata[NetworkRecord.metadataKey] = try record.encoded()
    } catch let error as DescriptionError {
      throw WeightsError(path: path, reason: error.description)
    }
    described.tensors = try Self.normalized(described.tensors, channels: inputShape[0])
    try self.init(described, path: path)
  }

  /// Whether a file says how its network normalises pixels.
  public static func saysNormalization(_ tensors: OrderedDictionary<String, HostTensor>) -> Bool {
    tensors["normalize.mean"] != nil || tensors["normalize.std"] != nil
  }

  /// The tensors with a normalising layer that does nothing, where they have none.
  public static func normalized(
    _ tensors: OrderedDictionary<String, HostTensor>, channels: Int
  ) throws -> OrderedDictionary<String, HostTensor> {
    var tensors = tensors
    for (key, value) in [("normalize.mean", 0), ("normalize.std", 1)] as [(String, Float)] where tensors[key] == nil {
      tensors[key] = try HostTensor(Array(repeating: value, count: channels), shape: [channels])
    }
    return tensors
  }
}
