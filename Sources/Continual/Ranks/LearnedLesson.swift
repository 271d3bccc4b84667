import Foundation
import OrderedCollections
import ResidualNets
import Results
import TensorFiles

/// What a lesson that was learned apart from the others leaves: all that is needed to go on as if it had been learned
/// in its turn.
struct LearnedLesson: Codable {
  /// The task's part after the last step.
  let tensors: OrderedDictionary<String, HostTensor>
  let progress: LessonProgress
  /// Of `metrics.jsonl`, a line each.
  let events: [String]
  let seconds: Double
}

/// Lessons that were learned before their turn has come, in the folder of checkpoints until their own checkpoint is
/// written.
struct LearnedLessonStore {
  let root: URL
  /// SHA-256 of what decides their tensors.
  let identity: String

  private struct File: Codable {
    let identity: String
    /// SHA-256 of the lesson.
    let digest: String
    let lesson: LearnedLesson
  }

  private func url(_ lesson: Int) -> URL { root.appending(path: "ahead-\((lesson + 1).padded(to: 3)).json") }

  func write(_ learned: LearnedLesson, _ lesson: Int) throws {
    let file = File(identity: identity, digest: try Self.digest(learned), lesson: learned)
    try FileManager.default.makeFolder(root)
    try AtomicFile.write(JSONEncoder().encode(file), to: url(lesson))
  }

  /// nil where there is none of this run, or a damaged one.
  func read(_ lesson: Int) -> LearnedLesson? {
    guard let data = try? RecordFile.bytes(of: url(lesson), limit: Self.largestFile),
      let file = try? JSONDecoder().decode(File.self, from: data), file.identity == identity,
      file.digest == (try? Self.digest(file.lesson)),
      // Each becomes one line.
      file.lesson.events.allSatisfy({ !$0.utf8.contains(UInt8(ascii: "\n")) })
    else { return nil }
    return file.lesson
  }

  func remove(_ lesson: Int) { try? FileManager.default.removeItem(at: url(lesson)) }

  /// In bytes.
  private static let largestFile = 2 << 30

  /// SHA-256 of all that a lesson leaves, as JSON with sorted keys.
  private static func digest(_ learned: LearnedLesson) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return TensorDigest.digest(String(decoding: try encoder.encode(learned), as: UTF8.self))
  }
}
