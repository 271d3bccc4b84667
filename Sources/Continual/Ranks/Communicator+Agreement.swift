import Distributed
import OrderedCollections
import ResidualNets
import TensorFiles

extension Communicator {
  /// Checks that every rank has made the same steps.
  /// - Parameters:
  ///   - state: what the strategy keeps.
  ///   - place: where training stands, in words.
  /// - Throws: `RunError.unusable` on rank 0 where another rank's parameters or state are other bits;
  ///   `DistributedError`.
  func requireEqual(
    _ parameters: OrderedDictionary<String, Parameter>, _ state: OrderedDictionary<String, HostTensor>,
    after place: String
  ) throws {
    let tensors = try parameters.mapValues { try $0.value.host() }
    let digest = TensorDigest.digests(["parameters": tensors, "state": state]).values.joined()
    guard let digests = try gather(Array(TensorDigest.digest(digest).utf8)) else { return }
    guard let other = digests.firstIndex(where: { $0 != digests[0] }) else { return }
    throw RunError.unusable(
      reason:
        "after \(place) rank \(other) has another network or memory than rank 0: their processors, libtorch or threads "
        + "compute differently. Start ranks on equal machines with equal --threads, or set compute.dataParallel to false"
    )
  }
}
