/// Why a study could not be run.
public enum StudyError: Error, Sendable, Hashable, CustomStringConvertible {
  /// No study has this name.
  case unknown(name: String, nearest: String?)
  /// The study's own fault: not one judgement for each criterion.
  case judgements(study: String, found: Int, criteria: Int)
  /// Seeds that give no evidence: none, or one twice.
  case seeds(String)
  /// Training ended with a loss that is not finite, in a study whose claim is not about that: nothing can be read off
  /// the network.
  case diverged(String, steps: Int)
  /// Settings or data that a study cannot work with.
  case unusable(String)

  public var description: String {
    switch self {
    case .unknown(let name, let nearest):
      "there is no study '\(name.prefix(100))'"
        + (nearest.map { "; did you mean '\($0)'?" } ?? "; 'steadfast study' lists them")
    case .judgements(let study, let found, let criteria):
      "the study \(study) gave \(found) judgements for \(criteria) criteria: this is a fault of the study"
    case .seeds(let reason): reason
    case .diverged(let what, let steps):
      "training diverged after \(steps) steps, use another seed: \(what)"
    case .unusable(let reason): reason
    }
  }
}
