import TensorFiles

/// Names from data as names of folders and files.
enum FolderName {
  /// The longest name that file systems take.
  static let maximumBytes = 255

  /// A name that names one file in its folder, whatever the data says: no separators, no control characters, not
  /// hidden, not empty, and not too long. A name that is fine stays as it is.
  static func safe(_ name: String) -> String {
    var scalars = String.UnicodeScalarView()
    var bytes = 0
    for scalar in name.unicodeScalars {
      let isForbidden = scalar == "/" || scalar == "\\" || scalar.value < 0x20 || scalar.value == 0x7F
      let kept: Unicode.Scalar = isForbidden ? "_" : scalar
      bytes += String(kept).utf8.count
      if bytes > maximumBytes { break }
      scalars.append(kept)
    }
    let text = String(scalars)
    if text.isEmpty { return "_" }
    return text.hasPrefix(".") ? "_" + text.dropFirst() : text
  }

  /// A folder for each class, whose order by name is the order of the labels, and whose names give the labels back when
  /// the folder is exported.
  ///
  /// - Parameters:
  ///   - names: by label, where they are known; else the labels themselves, padded to one width.
  ///   - used: the labels that images have. The other folders will not be there to keep a place.
  static func classFolders(count: Int, names: [String]?, used: Set<Int>) -> [String] {
    let width = String(max(count - 1, 0)).count
    let numbers = (0..<count).map { $0.padded(to: width) }
    guard let names, names.count >= count else { return numbers }
    let safe = names.prefix(count).map(Self.safe)
    let isAscending = zip(safe, safe.dropFirst()).allSatisfy { scalarOrder($0, $1) }
    // Some file systems and people do not tell upper case from lower.
    let areDistinct = Set(safe.map { $0.lowercased() }).count == count
    let hidesSplit = safe.contains { $0 == "train" || $0 == "test" }
    let labels = used.sorted()
    let isRestored = ExportLabels(classes: labels.map { safe[$0] }).numbers == labels
    if isAscending, areDistinct, !hidesSplit, isRestored { return safe }
    return zip(numbers, safe).map { Self.safe("\($0)-\($1)") }
  }
}
