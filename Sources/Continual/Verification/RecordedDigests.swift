/// SHA-256 of what must not change, by `file/tensor`. They are kept by whose they are, so that what one task leaves is
/// found without looking through those of all.
struct RecordedDigests: Equatable {
  /// By file, of a task's answers the task's own.
  private var groups: [String: [String: String]] = [:]

  init(_ digests: [String: String] = [:]) { merge(digests) }

  subscript(tensor: String) -> String? {
    get { groups[Self.owner(of: tensor)]?[tensor] }
    set { groups[Self.owner(of: tensor), default: [:]][tensor] = newValue }
  }

  /// Those of a task's part and of its answers.
  func of(task: Int) -> [String: String] { groups[TaskModels.partFile(task)] ?? [:] }

  /// Those that are no task's.
  var shared: RecordedDigests {
    var shared = RecordedDigests()
    shared.groups = groups.filter { !$0.key.hasPrefix(TaskModels.partPrefix) }
    return shared
  }

  var count: Int { groups.values.reduce(0) { $0 + $1.count } }

  /// All together.
  var all: [String: String] {
    var all: [String: String] = [:]
    all.reserveCapacity(count)
    for group in groups.values { all.merge(group) { $1 } }
    return all
  }

  /// Adds others, which count where there are both.
  mutating func merge(_ digests: [String: String]) {
    for (tensor, digest) in digests { self[tensor] = digest }
  }

  private static func owner(of tensor: String) -> String {
    let bytes = tensor.utf8
    guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return tensor }
    let file = tensor[..<slash]
    return String(file == ReferenceLogits.file ? tensor[bytes.index(after: slash)...] : file)
  }
}

extension RecordedDigests: Codable {
  init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode([String: String].self))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(all)
  }
}
