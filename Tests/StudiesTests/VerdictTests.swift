import Results
import Testing

@testable import Studies

@Suite struct VerdictTests {
  @Test(arguments: [
    ([Judgement(true, ""), Judgement(true, "")], StudyRecord.Verdict.holds),
    ([Judgement(true, ""), Judgement(false, "")], .holdsInPart), ([Judgement(false, "")], .refuted),
    ([Judgement(.undecided, ""), Judgement(true, "")], .undecided),
    ([Judgement(.undecided, ""), Judgement(false, "")], .refuted), ([], .undecided),
  ]) func followsFromTheCriteria(judgements: [Judgement], verdict: StudyRecord.Verdict) {
    let record = StudyRecord(
      name: "", title: "", claim: "", method: "",
      criteria: judgements.map { .init(statement: "", outcome: $0.outcome, detail: $0.detail) }, findings: [],
      figures: [], conditions: "", scale: "tiny", seeds: [], seconds: 0, peakMemory: 0)
    #expect(record.verdict == verdict)
  }
}
