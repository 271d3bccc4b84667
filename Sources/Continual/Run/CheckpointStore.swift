import Foundation

/// The checkpoints of a run: a folder each, written under a temporary name, flushed and renamed, the previous one kept.
struct CheckpointStore {
  let root: URL

  static let optimizerFile = "optimizer"
  static let stateFile = "state.json"
  static let tensorsSuffix = ".safetensors"
  /// Of what a settled task leaves.
  static let settledSuffix = ".json"

  struct Entry: Comparable {
    let url: URL
    let lesson: Int
    /// nil: the lesson is complete.
    let step: Int?

    /// In the order in which a run makes them.
    static func < (a: Entry, b: Entry) -> Bool {
      (a.lesson, a.step ?? Int.max) < (b.lesson, b.step ?? Int.max)
    }
  }

  /// What is there, oldest first. Folders with other names (temporary ones of an interrupted write) do not count, but
  /// for one that stepped aside for another that never came.
  func entries() -> [Entry] {
    let names = self.names
    let present = names.compactMap { entry($0, in: $0) }
    let aside = names.compactMap { name in Self.nameBeforeAside(name).flatMap { entry($0, in: name) } }
    return (present + aside.filter { old in !present.contains { ($0.lesson, $0.step) == (old.lesson, old.step) } })
      .sorted()
  }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? [] }

  /// Those of completed lessons.
  func completed() -> [Entry] { entries().filter { $0.step == nil } }

  static func name(lesson: Int, step: Int?) -> String {
    "lesson-" + (lesson + 1).padded(to: 3) + (step.map { "-step-\($0)" } ?? "")
  }

  static let temporarySuffix = ".tmp"
  private static let asideSuffix = ".old.tmp"

  static func aside(_ name: String) -> String { ".\(name)\(asideSuffix)" }

  static func nameBeforeAside(_ name: String) -> String? {
    name.hasPrefix(".") && name.hasSuffix(asideSuffix) ? String(name.dropFirst().dropLast(asideSuffix.count)) : nil
  }

  /// The checkpoint of this name, in a folder that may be called otherwise.
  private func entry(_ name: String, in folder: String) -> Entry? {
    let parts = name.split(separator: "-")
    guard parts.first == "lesson", parts.count == 2 || parts.count == 4, let number = Int(parts[1]), number >= 1 else {
      return nil
    }
    let step = parts.count == 4 && parts[2] == "step" ? Int(parts[3]) : nil
    guard (parts.count == 2) == (step == nil), Self.name(lesson: number - 1, step: step) == name else { return nil }
    return Entry(url: root.appending(path: folder), lesson: number - 1, step: step)
  }
}
