import Steadfast

/// Files with reasons, as commands list them.
enum FileList {
  private static let shown = 10

  /// A heading and the first files; nothing where there are none.
  static func lines(_ heading: String, _ files: [FileNote]) -> [String] {
    guard !files.isEmpty else { return [] }
    return ["\(heading): \(files.count) \(files.count == 1 ? "file" : "files")"]
      + files.prefix(shown).map { "  \($0.path): \($0.reason)" }
      + (files.count > shown ? ["  and \(files.count - shown) more"] : [])
  }
}
