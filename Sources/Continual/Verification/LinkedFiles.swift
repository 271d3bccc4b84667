import Foundation
import OrderedCollections
import TensorFiles

/// What files of checkpoints hold, each read once however many checkpoints link to it: checkpoints of n tasks name about
/// n² files, and there are few more than n.
final class LinkedFiles {
  /// The digests of a file's tensors, under `file/tensor`.
  final class Tensors {
    let digests: OrderedDictionary<String, String>
    fileprivate init(_ digests: OrderedDictionary<String, String>) { self.digests = digests }
  }

  /// What a settled task left.
  final class Settled {
    let task: SettledTask
    fileprivate init(_ task: SettledTask) { self.task = task }
  }

  /// A file as it is now, wherever it is linked.
  private struct Identity: Hashable {
    /// Its keys and what is asked of it depend on that.
    let name: String
    let device: UInt64
    let inode: UInt64
    let size: Int64
    let times: [Int]

    /// - Returns: nil where the system does not tell.
    init?(_ url: URL) {
      var status = stat()
      guard stat(url.path, &status) == 0 else { return nil }
      name = url.lastPathComponent
      (device, inode, size) = (UInt64(status.st_dev), UInt64(status.st_ino), Int64(status.st_size))
      times = [status.st_mtim, status.st_ctim].flatMap { [Int($0.tv_sec), Int($0.tv_nsec)] }
    }
  }

  private var tensors: [Identity: Tensors] = [:]
  private var settled: [Identity: Settled] = [:]

  /// - Parameter name: without extension.
  /// - Throws: `TensorFileError`.
  func tensors(_ name: String, in entry: CheckpointStore.Entry) throws -> Tensors {
    let url = entry.url.appending(path: name + CheckpointStore.tensorsSuffix)
    let identity = Identity(url)
    if let known = identity.flatMap({ tensors[$0] }) { return known }
    let read = Tensors(TensorDigest.digests([name: try SafetensorsFile(contentsOf: url).tensors]))
    if let identity { tensors[identity] = read }
    return read
  }

  /// - Throws: `RunError.damaged`.
  func settled(_ task: Int, in entry: CheckpointStore.Entry, of store: CheckpointStore) throws -> Settled {
    let identity = Identity(store.settledFile(task, in: entry))
    if let known = identity.flatMap({ settled[$0] }) { return known }
    let read = Settled(try store.settled(task, in: entry))
    if let identity { settled[identity] = read }
    return read
  }
}
