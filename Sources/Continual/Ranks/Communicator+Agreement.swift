import Distributed
import OrderedCollections
import ResidualNets

extension Communicator {
  /// Checks that every rank has made the same steps.
  /// - Parameter place: where training stands, in words.
  /// - Throws: `RunError.unusable` on rank 0 where another rank's parameters are other bits; `DistributedError`.
  func requireEqual(_ parameters: OrderedDictionary<String, Parameter>, after place: String) throws {
    let tensors = try parameters.mapValues { try $0.value.host() }
    let digest = TensorDigest.digests(["": tensors]).values.joined()
    guard let digests = try gather(Array(TensorDigest.digest(digest).utf8)) else { return }
    guard let other = digests.firstIndex(where: { $0 != digests[0] }) else { return }
    throw RunError.unusable(
      reason:
        "after \(place) rank \(other) has another network than rank 0: their processors, libtorch or threads compute "
        + "differently. Start ranks on equal machines with equal --threads, or set compute.dataParallel to false")
  }
}
