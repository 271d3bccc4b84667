import ImageData
import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles

/// A strategy that learns each task with a network that has learned none: all that it knows comes from the images of the
/// lesson, which are of all tasks so far.
///
/// Each lesson trains for as long as the first one, from the same initial parameters. After a pre-training lesson, these
/// are the pre-trained trunk's.
protocol FreshNetworkStrategy: WholeNetworkStrategy {
  /// What a lesson is learned from.
  func images(for task: Int, _ layout: OutputLayout) -> any LabelledImages

  var start: StartingPoint { get set }
}

extension FreshNetworkStrategy {
  var trainsEarlierHeads: Bool { true }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    guard case .task(let index, _) = lesson else { return try wholeNetwork(lesson, models, stream: stream) }
    return try wholeNetwork(
      lesson, models, stream: stream, epochs: lengths.trunk, on: images(for: index, models.layout))
  }

  func prepare(_ scene: LessonScene) throws {
    if case .task = scene.lesson { try start.restore(scene.models) }
  }

  func state() throws -> OrderedDictionary<String, HostTensor> { start.state }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws { start = try StartingPoint(state) }
}

/// The tensors that each module of a network had before its first lesson.
struct StartingPoint {
  /// By file and by path.
  private var tensors: OrderedDictionary<String, OrderedDictionary<String, HostTensor>> = [:]

  init() {}

  /// Puts every module back to where it began; one that was not there before begins here.
  /// - Throws: `StateError` for modules other than those that began.
  mutating func restore(_ models: TaskModels) throws {
    for (file, module) in models.modules {
      if let start = tensors[file] { try module.load(start) } else { tensors[file] = try module.state() }
    }
  }

  // MARK: State

  private static let prefix = "start"

  var state: OrderedDictionary<String, HostTensor> {
    var state: OrderedDictionary<String, HostTensor> = [:]
    for (file, module) in tensors {
      for (path, tensor) in module { state["\(Self.prefix)/\(file)/\(path)"] = tensor }
    }
    return state
  }

  /// - Throws: `StateError` for a tensor that belongs to no starting point.
  init(_ state: OrderedDictionary<String, HostTensor>) throws {
    for (key, tensor) in state {
      let parts = key.split(separator: "/", maxSplits: 2).map(String.init)
      guard parts.count == 3, parts[0] == Self.prefix else {
        throw StateError(reason: "'\(key)' belongs to no state of this strategy")
      }
      tensors[parts[1], default: [:]][parts[2]] = tensor
    }
  }
}
