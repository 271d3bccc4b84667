import Results

/// A condition of a claim, stated before the run: evidence where it is a plain text, ``check(_:)`` where it is
/// mathematics.
public struct StudyCriterion: ExpressibleByStringLiteral, Sendable, Hashable {
  public let statement: String
  public let kind: StudyRecord.Criterion.Kind

  /// Evidence: a measurement that could come out either way.
  public init(stringLiteral statement: String) {
    self.init(statement, .evidence)
  }

  /// A theorem or an identity: it checks the program, and says nothing of the claim.
  public static func check(_ statement: String) -> StudyCriterion { .init(statement, .check) }

  private init(_ statement: String, _ kind: StudyRecord.Criterion.Kind) {
    (self.statement, self.kind) = (statement, kind)
  }
}
