import Foundation
import TensorFiles

/// What an evaluation has found so far, in a file that grows by a line a batch: the same evaluation, begun again, takes
/// up what is there and goes on. A line that was not finished is dropped. While one evaluation has the file open, no
/// other can.
public final class EvaluationJournal {
  public static let schema = "steadfast.attack-journal/1"
  /// A longer file is no journal of ours.
  private static let largestFile = 1 << 30

  private let file: AppendOnlyFile
  private var found: [Key: BatchOutcome] = [:]

  private struct Header: Codable, Equatable {
    var schema: String
    var identity: [String: String]
  }

  private struct Key: Hashable {
    var subject: String
    var start: Int
  }

  private struct Line: Codable {
    var subject: String
    var start: Int
    var outcome: BatchOutcome
  }

  /// Opens or creates the file.
  ///
  /// - Parameter identity: everything that decides what is found, by name, such as digests of the networks and images.
  /// - Throws: ``RobustnessError/journalDiffers(path:what:)`` where the file tells of another evaluation,
  ///   `.journalUnreadable` for another file, `.journalInUse` while another evaluation has it open, `TensorFileError`.
  public init(_ url: URL, identity: [String: String]) throws {
    file = try AppendOnlyFile(url)
    // Before anything is read: two that write would cut off each other's lines.
    guard try file.lock() else { throw RobustnessError.journalInUse(path: url.path) }
    let header = Header(schema: Self.schema, identity: identity)
    guard file.length > 0 else {
      try Self.append(header, to: file)
      return
    }
    guard file.length <= Self.largestFile, let data = try? Data(contentsOf: url) else {
      throw RobustnessError.journalUnreadable(path: url.path)
    }
    // A first line that was cut off is written anew; anything else without a line break is no journal.
    let whole = try Self.line(header)
    if !data.contains(UInt8(ascii: "\n")), whole.starts(with: data) {
      try file.truncate(to: 0)
      try Self.append(header, to: file)
      return
    }
    let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let decoder = JSONDecoder()
    guard lines.count > 1, let first = lines.first, let old = try? decoder.decode(Header.self, from: first),
      old.schema == Self.schema
    else { throw RobustnessError.journalUnreadable(path: url.path) }
    guard old == header else {
      let names = Set(old.identity.keys).union(identity.keys).filter { old.identity[$0] != identity[$0] }
      throw RobustnessError.journalDiffers(path: url.path, what: names.sorted())
    }
    var kept = first.count + 1
    // The last piece follows the last line break: empty, or a line that was cut off.
    for piece in lines.dropFirst().dropLast() {
      guard let line = try? decoder.decode(Line.self, from: piece), line.outcome.isWhole else { break }
      found[Key(subject: line.subject, start: line.start)] = line.outcome
      kept += piece.count + 1
    }
    try file.truncate(to: kept)
  }

  /// The lines of one network's evaluation.
  public struct Part {
    fileprivate let journal: EvaluationJournal
    fileprivate let subject: String

    /// What is known of the batch that begins here.
    func outcome(at start: Int) -> BatchOutcome? { journal.found[Key(subject: subject, start: start)] }

    func append(_ outcome: BatchOutcome, at start: Int) throws {
      try EvaluationJournal.append(Line(subject: subject, start: start, outcome: outcome), to: journal.file)
    }
  }

  /// - Parameter subject: tells networks apart.
  public func part(of subject: String) -> Part { Part(journal: self, subject: subject) }

  private static func append(_ value: some Encodable, to file: AppendOnlyFile) throws {
    try file.append(line(value))
    try file.synchronize()
  }

  private static func line(_ value: some Encodable) throws -> [UInt8] {
    try Array(JSONEncoder.canonical().encode(value)) + [UInt8(ascii: "\n")]
  }
}
