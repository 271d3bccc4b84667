import Results
import Testing

@testable import Studies

@Suite struct VerdictTests {
  private func verdict(evidence: [Judgement], checks: [Judgement] = []) -> StudyRecord.Verdict {
    func criteria(_ judgements: [Judgement], _ kind: StudyRecord.Criterion.Kind) -> [StudyRecord.Criterion] {
      judgements.map { .init(statement: "", kind: kind, outcome: $0.outcome, detail: $0.detail) }
    }
    return StudyRecord(
      name: "", title: "", claim: "", method: "", criteria: criteria(checks, .check) + criteria(evidence, .evidence),
      findings: [], figures: [], conditions: "", scale: "tiny", seeds: [], seconds: 0, peakMemory: 0
    ).verdict
  }

  @Test(arguments: [
    ([Judgement(true, ""), Judgement(true, "")], StudyRecord.Verdict.holds),
    ([Judgement(true, ""), Judgement(false, "")], .holdsInPart), ([Judgement(false, "")], .refuted),
    ([Judgement(.undecided, ""), Judgement(true, "")], .undecided),
    ([Judgement(.undecided, ""), Judgement(false, "")], .refuted),
  ]) func followsFromTheEvidence(evidence: [Judgement], expected: StudyRecord.Verdict) {
    #expect(verdict(evidence: evidence) == expected)
    let met = [Judgement(true, "")]
    #expect(verdict(evidence: evidence, checks: met) == expected, "a check that is met is no evidence")
    #expect(verdict(evidence: evidence, checks: met + [Judgement(false, "")]) == .checkFailed)
  }

  @Test func withoutEvidenceItIsMathematics() {
    #expect(verdict(evidence: [], checks: [Judgement(true, ""), Judgement(true, "")]) == .holdsAsMathematics)
    #expect(verdict(evidence: [], checks: [Judgement(true, ""), Judgement(false, "")]) == .checkFailed)
    #expect(verdict(evidence: []) == .undecided)
  }
}
