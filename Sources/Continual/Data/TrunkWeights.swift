import Foundation
import OrderedCollections
import ResidualNets
import TensorFiles

extension Trunk {
  /// Loads the trunk's tensors from a safetensors file, with or without the prefix `trunk.`; other tensors of the file,
  /// such as a head, are passed over.
  /// - Throws: `RunError.unusable` naming the file and the first tensor that is missing or ill-shaped.
  func loadTrunk(from url: URL) throws {
    let file = try SafetensorsFile(contentsOf: url)
    let members = Members(of: self)
    let names = Array(members.parameters.keys) + Array(members.buffers.keys)
    var state: OrderedDictionary<String, HostTensor> = [:]
    for name in names { state[name] = file.tensors["trunk.\(name)"] ?? file.tensors[name] }
    do {
      try load(state)
    } catch let error as StateError {
      throw RunError.unusable(reason: "\(url.path): \(error)")
    }
  }
}
