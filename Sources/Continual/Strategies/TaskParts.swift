import Foundation
import OrderedCollections
import ResidualNets
import TensorFiles

/// What each task adds, by task: held in memory while it may still change, and read from its file whenever it is asked
/// for once no later lesson touches it.
struct TaskParts {
  private enum Place {
    case held(TaskPart)
    case stored(StoredPart)
  }

  private var places: [Place] = []

  var count: Int { places.count }
  var indices: Range<Int> { places.indices }
  var isEmpty: Bool { places.isEmpty }

  /// - Throws: as ``StoredPart/load()``.
  subscript(task: Int) -> TaskPart {
    get throws {
      switch places[task] {
      case .held(let part): part
      case .stored(let part): try part.load()
      }
    }
  }

  /// Of a part that is not held.
  func stored(_ task: Int) -> StoredPart? {
    if case .stored(let part) = places[task] { part } else { nil }
  }

  /// Parts in memory, with their tasks.
  var held: [(task: Int, part: TaskPart)] {
    places.enumerated().compactMap { task, place in
      if case .held(let part) = place { (task, part) } else { nil }
    }
  }

  /// By task, how many numbers its parameters hold.
  var parameterCounts: [Int] {
    places.map {
      switch $0 {
      case .held(let part): part.parameterCount
      case .stored(let part): part.parameterCount
      }
    }
  }

  mutating func append(_ part: TaskPart) { places.append(.held(part)) }
  mutating func replace(_ task: Int, with part: TaskPart) { places[task] = .held(part) }
  /// Lets go of a part: from now on it comes from its file.
  mutating func replace(_ task: Int, with part: StoredPart) { places[task] = .stored(part) }
}

/// A task's part that lies in a file and will not change.
struct StoredPart {
  let path: String
  /// SHA-256 of each tensor, by name: what the file held when it was written.
  let digests: OrderedDictionary<String, String>
  let parameterCount: Int
  /// A part with room for the tensors.
  let room: () throws -> TaskPart

  /// The part anew.
  /// - Throws: `RunError.damaged` naming the file and a tensor that is not what it was; `TensorFileError`.
  func load() throws -> TaskPart {
    let tensors = try tensors()
    let found = TensorDigest.digests(tensors)
    if let changed = digests.keys.first(where: { found[$0] != digests[$0] })
      ?? found.keys.first(where: { digests[$0] == nil })
    {
      throw RunError.damaged(
        path: path, reason: "tensor \(changed) is not what it was when its task was learned; go back to a copy")
    }
    let part = try room()
    do {
      try part.load(tensors)
    } catch let error as StateError {
      throw RunError.damaged(path: path, reason: error.reason)
    }
    try part.freeze()
    return part
  }

  /// What the file holds now.
  func tensors() throws -> OrderedDictionary<String, HostTensor> {
    try SafetensorsFile(contentsOf: URL(filePath: path)).tensors
  }
}
