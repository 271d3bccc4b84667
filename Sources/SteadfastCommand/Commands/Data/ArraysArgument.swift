import ArgumentParser
import Steadfast

/// Two arrays that belong together: `IMAGES,LABELS`, or `SET=IMAGES,LABELS`.
struct ArraysArgument: ExpressibleByArgument, Sendable {
  private static let sets = ["train", "val", "test", "all"]

  /// nil where none was named.
  private let set: String?
  private let images: String
  private let labels: String

  init?(argument: String) {
    // Names of arrays may hold '=', those of sets do not.
    let named = Self.sets.first { argument.hasPrefix($0 + "=") }
    let names = argument.dropFirst(named.map { $0.count + 1 } ?? 0).split(
      separator: ",", omittingEmptySubsequences: false)
    guard names.count == 2, names.allSatisfy({ !$0.isEmpty }) else { return nil }
    (set, images, labels) = (named, String(names[0]), String(names[1]))
  }

  /// Beside a set with a name, the one without trains.
  static func options(_ arguments: [ArraysArgument]) -> [ImportOptions.Arrays]? {
    let standard = arguments.count > 1 ? "train" : "all"
    return arguments.isEmpty
      ? nil : arguments.map { ImportOptions.Arrays(set: $0.set ?? standard, images: $0.images, labels: $0.labels) }
  }
}
