import Results
import Testing

@Suite struct BrokenProofsTests {
  private func run(_ name: String) -> Results {
    var results = Results(name: name, strategy: "adapters", network: "n", seed: 0, tasks: [])
    results.nonForgetting = NonForgetting(verified: true)
    results.consistency = ConsistencyCheck(checked: 3)
    results.brackets = [
      BracketRecord(
        task: "t", norm: .l2, attack: "pgd", certifiedRadius: [0.1, 0.2, nil], attackDistance: [0.1, nil, 0])
    ]
    return results
  }

  @Test func aSoundRunHasNone() {
    #expect(run("a").brokenProofs.isEmpty)
    #expect(Results(name: "b", strategy: "", network: "", seed: 0, tasks: []).brokenProofs.isEmpty)
  }

  @Test func eachIsNamedAlsoInContrasts() {
    var results = run("a")
    results.nonForgetting = NonForgetting(verified: false, firstDifference: "trunk/conv.weight")
    results.consistency?.violations = [
      ConsistencyViolation(sample: 2, harsher: "pgd", milder: "clean", context: "t after t")
    ]
    var contrast = run("c")
    contrast.brackets[0].certifiedRadius[0] = 0.1.nextUp
    contrast.brackets[0].images = ["x.png", "y.png", "z.png"]
    contrast.drift = [
      DriftRecord(
        task: "t", images: 4, largestBound: 1, medianMovement: 2, largestMovement: 3,
        standing: Tally(correct: 1, n: 4), violations: 2)
    ]
    results.contrasts = [contrast]
    #expect(
      results.brokenProofs == [
        "a: what earlier tasks rely on has changed: trunk/conv.weight",
        "a: 1 outcomes contradict each other, first: t after t, image 2: pgd says correct, clean wrong",
        "c: t: an attack refutes 1 of 3 certificates, first that of x.png",
        "c: t: logits moved further than their bound on 2 of 4 images",
      ])
  }
}
