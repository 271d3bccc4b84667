import Distributed
import Lipschitz
import OrderedCollections
import TensorFiles

/// What rank 0, which leads a run, has the other ranks join in.
enum SharedWork: Codable {
  /// A session begins: its configuration as YAML, its folder, and SHA-256 of the images by role.
  case open(configuration: String, folder: String, images: [String: String])
  /// A lesson is learned together, each rank from a share of every batch.
  case train(SharedLesson)
  /// Lessons from the first of these on are learned apart from each other.
  case learn(from: Int, SharedNetworks)
  /// A row of the evaluation tensor is measured; the digests are those of the networks' tensors.
  case measure(task: Int, digests: OrderedDictionary<String, String>, SharedNetworks)
  /// What is looked at once, at the end.
  case findings(SharedNetworks, issued: [IssuedBound?])
  /// There is nothing more to do.
  case end
}

/// The networks of a session for a rank that did not train them.
struct SharedNetworks: Codable {
  /// How many lessons are learned: which modules there are.
  let lessons: Int
  /// As a checkpoint stores them, those that have changed since they were last sent.
  let files: OrderedDictionary<String, OrderedDictionary<String, HostTensor>>
}

extension Communicator {
  /// Tells the other ranks what comes next. Rank 0 does.
  func lead(_ work: () throws -> SharedWork) throws {
    guard size > 1 else { return }
    _ = try broadcast(work)
  }
}
