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
      let classCount = file.tensors["\(head).weight"]?.shape.first
    else { throw WeightsError(path: path, reason: "there is no head: neither fc.weight nor head.weight") }

    var described = SafetensorsFile()
    for (key, tensor) in file.tensors where !key.hasSuffix("num_batches_tracked") {
      described.tensors[key.hasPrefix("\(head).") ? "fc." + key.dropFirst(head.count + 1) : key] = tensor
    }
    let channels = inputShape.first ?? 0
    for (key, value) in [("normalize.mean", 0), ("normalize.std", 1)] as [(String, Float)]
    where described.tensors[key] == nil {
      described.tensors[key] = try HostTensor(Array(repeating: value, count: channels), shape: [channels])
    }
    let record = NetworkRecord(
      description: description, inputShape: inputShape, classes: (0..<classCount).map { "class \($0)" })
    do {
      described.metadata[NetworkRecord.metadataKey] = try record.encoded()
    } catch let error as DescriptionError {
      throw WeightsError(path: path, reason: error.description)
    }
    try self.init(described, path: path)
  }
}
