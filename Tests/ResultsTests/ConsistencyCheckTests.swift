import Testing

@testable import Results

@Suite struct ConsistencyCheckTests {
  private let clean = [true, true, true, false]

  @Test func anHonestRunHasNoViolation() throws {
    let check = try ConsistencyCheck(
      clean: clean,
      attacks: [
        SampleOutcomes("fgsm", [true, true, false, false]), SampleOutcomes("pgd", [true, false, true, false]),
      ],
      worst: [true, false, false, false], certified: [true, false, false, false])
    #expect(check.holds)
    #expect(check.checked == 4)
  }

  @Test func aCertificateThatLiesIsNamed() throws {
    let check = try ConsistencyCheck(
      context: "task 2", clean: clean, attacks: [SampleOutcomes("pgd", [true, false, true, false])],
      certified: [true, true, false, true])
    #expect(
      check.violations == [
        ConsistencyViolation(sample: 1, harsher: "certified", milder: "pgd", context: "task 2"),
        ConsistencyViolation(sample: 3, harsher: "certified", milder: "clean", context: "task 2"),
        ConsistencyViolation(sample: 3, harsher: "certified", milder: "pgd", context: "task 2"),
      ])
  }

  @Test func everyLinkOfTheChainIsChecked() throws {
    let yes = [true], no = [false]
    func count(clean: [Bool], attack: [Bool], worst: [Bool], certified: [Bool]) throws -> Int {
      try ConsistencyCheck(
        clean: clean, attacks: [SampleOutcomes("pgd", attack)], worst: worst, certified: certified
      ).violations.count
    }
    #expect(try count(clean: yes, attack: yes, worst: yes, certified: yes) == 0)
    #expect(try count(clean: yes, attack: yes, worst: no, certified: yes) == 1)
    #expect(try count(clean: yes, attack: no, worst: yes, certified: no) == 1)
    #expect(try count(clean: no, attack: yes, worst: no, certified: no) == 1)
    #expect(try count(clean: no, attack: no, worst: no, certified: yes) == 3)
  }

  /// Two attacks have no order between them.
  @Test func attacksMayDisagree() throws {
    let check = try ConsistencyCheck(
      clean: [true, true], attacks: [SampleOutcomes("a", [true, false]), SampleOutcomes("b", [false, true])])
    #expect(check.holds)
  }

  @Test func unequalLengthsAreRefused() {
    #expect(throws: ResultsError.unequalSamples(measure: "worst", found: 1, expected: 4)) {
      try ConsistencyCheck(clean: clean, attacks: [], worst: [true])
    }
  }

  /// Outcomes derived from thresholds on one distance per sample always agree with the chain; any single upward flip
  /// of the certificate on a fooled sample is found.
  @Test func randomChains() throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let n = 1 + Int(random.next() % 50)
      let clean = (0..<n).map { _ in Bool.random(using: &random) }
      let attacks = (0..<3).map { a in SampleOutcomes("a\(a)", clean.map { $0 && Bool.random(using: &random) }) }
      let worst = (0..<n).map { s in attacks.allSatisfy { $0.correct[s] } }
      var certified = worst.map { $0 && Bool.random(using: &random) }
      #expect(try ConsistencyCheck(clean: clean, attacks: attacks, worst: worst, certified: certified).holds)
      guard let fooled = worst.firstIndex(of: false) else { continue }
      certified[fooled] = true
      let check = try ConsistencyCheck(clean: clean, attacks: attacks, worst: worst, certified: certified)
      #expect(check.violations.contains { $0.sample == fooled && $0.harsher == "certified" }, "seed \(seed)")
      #expect(check.violations.allSatisfy { $0.sample == fooled }, "seed \(seed)")
    }
  }
}
