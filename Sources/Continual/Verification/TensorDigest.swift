import Crypto
import OrderedCollections
import TensorFiles

/// SHA-256 of a tensor: of its type, its shape and its bytes, as lower-case hexadecimal.
public enum TensorDigest {
  public static func digest(_ tensor: HostTensor) -> String {
    var hash = SHA256()
    hash.update(data: Array("\(tensor.elementType.rawValue) \(tensor.shape)\n".utf8))
    hash.update(data: tensor.bytes)
    return hash.finalize().hexadecimal
  }

  /// Of every tensor of some files, under `file/tensor`.
  static func digests(
    _ files: OrderedDictionary<String, OrderedDictionary<String, HostTensor>>
  ) -> OrderedDictionary<String, String> {
    var digests: OrderedDictionary<String, String> = [:]
    for (file, tensors) in files {
      for (name, tensor) in tensors { digests["\(file)/\(name)"] = digest(tensor) }
    }
    return digests
  }

  /// Of every tensor of one file, by name.
  static func digests(_ tensors: OrderedDictionary<String, HostTensor>) -> OrderedDictionary<String, String> {
    tensors.mapValues { digest($0) }
  }

  /// Of a whole text, such as a resolved configuration.
  public static func digest(_ text: String) -> String {
    SHA256.hash(data: Array(text.utf8)).hexadecimal
  }
}
