import Results
import Testing

@testable import Reporting

@Suite struct HeadlineTests {
  private func entry(_ measures: [String]) throws -> Entry {
    var results = Results(name: "r", strategy: "s", network: "n", seed: 0, tasks: [])
    results.accuracy = try measures.map { measure in
      MeasuredAccuracy(
        MeasureKey(measure: measure, norm: .linf, epsilon: try Rational("8/255")),
        accuracy: try AccuracyMatrix(rows: [[0.5]]))
    }
    return Entry(label: "s", results: results, images: nil, style: 0)
  }

  @Test(arguments: [
    (["pgd", "auto", "fgsm"], "auto"), (["pgd", "apgd-ce", "apgd-t"], "apgd-t"), (["auto", "worst"], "worst"),
    (["fgsm", "square"], "fgsm"),
  ]) func theStrongestAttackStandsForAll(measures: [String], expected: String) throws {
    #expect(try entry(measures).results.headlineAttack?.key.measure == expected)
  }

  @Test func everyAttackIsDefined() {
    let names = Set(Glossary.measures.map(\.name))
    for kind in AttackKind.allCases {
      #expect(names.contains(kind.rawValue))
      #expect(MeasureKey.display(kind.rawValue) == kind.title)
    }
    #expect(AttackKind.headliners.count == Set(AttackKind.headliners).count)
  }
}
