import RandomStreams

/// What a stream was, for the record: nothing in it depends on the machine.
public struct StreamRecord: Sendable, Hashable, Codable {
  /// What a task does to pixels.
  public struct View: Sendable, Hashable, Codable {
    public enum Kind: String, Sendable, Hashable, Codable {
      case stored, permuted, rotated, degraded
    }

    public let kind: Kind
    /// Of a permutation: 16 hexadecimal digits that tell one order from another.
    public var permutation: String?
    /// Of a rotation, counter-clockwise.
    public var degrees: Double?
    /// Of a degradation, as its configuration names it.
    public var degradation: String?
    /// Of a degradation: the key of the stream that its noise is drawn from, 16 hexadecimal digits.
    public var noise: String?

    init(_ view: PixelView) {
      switch view {
      case .stored: kind = .stored
      case .permuted(let order):
        kind = .permuted
        permutation = order.fingerprint
      case .rotated(let rotation):
        kind = .rotated
        degrees = rotation.degrees
      case .degraded(let how, let stream):
        kind = .degraded
        degradation = "\(how)"
        noise = stream.key.hexadecimal
      }
    }
  }

  public struct Task: Sendable, Hashable, Codable {
    public let name: String
    /// Names, in the order of the head's outputs.
    public let classes: [String]
    public let trainImages: Int
    public let testImages: Int
    public let trainView: View
    public let testView: View
  }

  public let kind: StreamDescription.Kind
  public let scenario: StreamScenario
  /// In words.
  public let description: String
  /// What everything random was drawn from.
  public let seed: UInt64?
  public let online: StreamDescription.Online?
  /// What all images have in common.
  public let shape: ImageShape
  /// Every class that any task has.
  public let classes: [String]
  public let tasks: [Task]
  /// Files that were left out.
  public let skippedFiles: Int
}

extension TaskStream {
  /// Everything that tells this stream from another, but the images themselves.
  public var record: StreamRecord {
    StreamRecord(
      kind: kind, scenario: scenario, description: description, seed: seed, online: online, shape: shape,
      classes: classes,
      tasks: tasks.map { task in
        StreamRecord.Task(
          name: task.name, classes: task.classNames, trainImages: task.train.count, testImages: task.test.count,
          trainView: StreamRecord.View(task.train.view), testView: StreamRecord.View(task.test.view))
      },
      skippedFiles: folders.reduce(0) { $0 + $1.skipped.count })
  }
}
