import Foundation
import Results
import Synchronization
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct StudyRunnerTests {
  @Test func makesARecord() throws {
    let figure = StudyFigure(
      title: "f", x: .init("x"), y: .init("y"),
      series: [.init(name: "s", points: [.init(x: 0, y: 1), .init(x: 1, y: .infinity), .init(x: .nan, y: 0)])])
    let study = ToyStudy(
      criteria: ["a", "b", .check("c")],
      outcome: StudyOutcome(
        judgements: [
          .above([2, 2.1, 2.2], 1, "figure"), .above([0, 0.1, 0.2], 1, "figure"), Judgement(true, "exact"),
        ], findings: [.init(name: "figure", seeds: [1, 2, 3])], figures: [figure]))
    let heard = Mutex<[String]>([])
    let record = try StudyRunner(.withoutImages(seeds: [3, 4])).run(study) { what, share in
      heard.withLock { $0.append("\(what) \(share)") }
    }
    #expect(record.name == "toy" && record.claim == study.claim && record.conditions == study.conditions)
    #expect(record.criteria.map(\.statement) == ["a", "b", "c"])
    #expect(record.criteria.map(\.kind) == [.evidence, .evidence, .check])
    #expect(record.criteria.map(\.outcome) == [.met, .notMet, .met])
    #expect(record.verdict == .holdsInPart)
    #expect(record.scale == "tiny" && record.seeds == [3, 4])
    #expect(record.seconds >= 0 && record.peakMemory > 1 << 20)
    #expect(record.figures[0].series[0].points == [.init(x: 0, y: 1)], "only finite points have a place")
    #expect(record.findings[0].value == 2)
    #expect(heard.withLock(\.self) == ["A toy 1.0"])
    #expect(try StudyRecord(json: record.json()) == record)
  }

  @Test func aJudgementTooFewIsAnError() throws {
    let study = ToyStudy(
      criteria: ["a", "b"], outcome: StudyOutcome(judgements: [Judgement(true, "")], findings: [], figures: []))
    #expect(throws: StudyError.judgements(study: "toy", found: 1, criteria: 2)) {
      try StudyRunner(.withoutImages()).run(study)
    }
  }

  @Test(arguments: [[], [1, 2, 1]] as [[UInt64]]) func seedsMustBeEvidence(seeds: [UInt64]) {
    #expect(throws: StudyError.self) { try StudyRunner(.withoutImages(seeds: seeds)) }
  }

  @Test func studiesAreFoundByName() throws {
    let none = StudyOutcome(judgements: [], findings: [], figures: [])
    let studies = ["lesion", "total-variation"].map { ToyStudy(name: $0, criteria: [], outcome: none) }
    #expect(try StudyCatalogue.named("lesion", among: studies).name == "lesion")
    #expect(throws: StudyError.unknown(name: "leison", nearest: "lesion")) {
      try StudyCatalogue.named("leison", among: studies)
    }
    #expect(throws: StudyError.unknown(name: "xyz", nearest: nil)) { try StudyCatalogue.named("xyz", among: studies) }
  }

  @Test func everyStudyStatesItsCase() {
    let studies = StudyCatalogue.all
    #expect(Set(studies.map(\.name)).count == studies.count, "a name comes twice")
    for study in studies {
      #expect(StudyRecord.isName(study.name), "\(study.name)")
      for text in [study.title, study.claim, study.method, study.conditions] + study.criteria.map(\.statement) {
        #expect(!text.isEmpty, "\(study.name)")
      }
      #expect(!study.criteria.isEmpty, "\(study.name)")
      #expect(Set(study.criteria.map(\.statement)).count == study.criteria.count, "\(study.name)")
    }
  }
}
