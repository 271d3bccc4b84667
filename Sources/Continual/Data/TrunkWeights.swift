import Foundation
import OrderedCollections
import ResidualNets
import TensorFiles

extension Trunk {
  /// Loads the trunk's tensors from a safetensors file, with or without the prefix `trunk.`; other tensors of the file,
  /// such as a head, are passed over, but not further blocks. A file of torchvision's has no normalising layer: pixels
  /// then pass as they are.
  /// - Returns: What was taken for granted.
  /// - Throws: `RunError.unusable` naming the file and the first tensor that is missing or ill-shaped, or what the file's
  ///   own record says of another network; `WeightsError` for a residual network that is none of torchvision's where this
  ///   trunk is one of them.
  func loadTrunk(from url: URL) throws -> [String] {
    let file = try SafetensorsFile(contentsOf: url)
    var tensors = file.tensors
    var remarks = try requireRecord(of: file, path: url.path)
    if try isTorchvision(file, path: url.path) {
      tensors = try NetworkWeights.normalized(tensors, channels: inputShape[0])
      remarks.append("\(url.path) has no normalize.mean and normalize.std: its trunk sees pixels on [0, 1] as they are")
    }
    let members = Members(of: self)
    let names = Array(members.parameters.keys) + Array(members.buffers.keys)
    var state: OrderedDictionary<String, HostTensor> = [:]
    for name in names { state[name] = tensors["trunk.\(name)"] ?? tensors[name] }
    // The names of a small network are also those of the first blocks of a larger one.
    for key in tensors.keys {
      let name = key.hasPrefix("trunk.") ? String(key.dropFirst(6)) : key
      guard name.hasPrefix("layer") || name.hasPrefix("blocks."), state[name] == nil,
        !name.hasSuffix("num_batches_tracked")
      else { continue }
      throw RunError.unusable(reason: "\(url.path): tensor '\(key)' belongs to no part of \(description.summary)")
    }
    do {
      try load(state)
    } catch let error as StateError {
      throw RunError.unusable(reason: "\(url.path): \(error)")
    }
    return remarks
  }

  /// Tensors of one name and shape may belong to different functions, such as steps of another length: where the file
  /// says what its trunk is, it has to be this one.
  private func requireRecord(of file: SafetensorsFile, path: String) throws -> [String] {
    guard file.metadata[NetworkRecord.metadataKey] != nil else { return [] }
    let record = try NetworkRecord(metadata: file.metadata, path: path)
    guard record.description.isSameFunction(as: description) else {
      throw RunError.unusable(
        reason: "\(path): the trunk is a \(record.description.summary), and network describes a \(description.summary)")
    }
    guard record.adapter != nil else { return [] }
    return ["\(path) holds a task's adapter and norms beside the trunk: the trunk is taken without them"]
  }

  /// Whether the file is as torchvision writes it, and of this very network.
  private func isTorchvision(_ file: SafetensorsFile, path: String) throws -> Bool {
    guard description.architecture.isTorchvision, !NetworkWeights.saysNormalization(file.tensors),
      TorchvisionWeights.names(file.tensors)
    else { return false }
    let found = try TorchvisionWeights(file.tensors, path: path).description
    guard found.hasSameWeights(as: description) else {
      throw RunError.unusable(
        reason: "\(path): the weights are of a \(found.summary), and the network is a \(description.summary)")
    }
    return true
  }
}
