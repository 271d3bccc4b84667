import Crypto
import OrderedCollections
import TensorFiles

/// SHA-256 of a tensor: of its type, its shape and its bytes, as lower-case hexadecimal.
enum TensorDigest {
  static func digest(_ tensor: HostTensor) -> String {
    var hash = SHA256()
    hash.update(data: Array("\(tensor.elementType.rawValue) \(tensor.shape)\n".utf8))
    hash.update(data: tensor.bytes)
    return hash.finalize().map(Self.hexadecimal).joined()
  }

  /// Of every tensor of a file, under `file/tensor`.
  static func digests(
    _ file: String, _ tensors: OrderedDictionary<String, HostTensor>
  ) -> OrderedDictionary<String, String> {
    OrderedDictionary(uniqueKeysWithValues: tensors.map { ("\(file)/\($0)", digest($1)) })
  }

  /// Of a whole text, such as a resolved configuration.
  static func digest(_ text: String) -> String {
    SHA256.hash(data: Array(text.utf8)).map(Self.hexadecimal).joined()
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }
}
