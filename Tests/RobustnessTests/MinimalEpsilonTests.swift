import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct MinimalEpsilonTests {
  init() throws { try useOneThread() }

  /// On a linear network the true distance is min_j (z_y − z_j)/‖w_y − w_j‖₂.
  @Test func onLinearNetworksReachesTheTrueDistance() throws {
    for seed in UInt64(0)..<6 {
      let (network, weight, _) = try randomLinearNetwork(classes: 3, dimensions: 16, seed: seed)
      let pixels = try images(6, [1, 1, 16], seed: seed + 20) * 0.2 + 0.4
      let labels = try ownLabels(network, pixels)
      let logits = try network.logits(pixels).doubles()
      let truth = labels.indices.map { sample in
        (0..<3).filter { $0 != labels[sample] }.map { other in
          let norm = zip(weight[labels[sample]], weight[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          return (logits[3 * sample + labels[sample]] - logits[3 * sample + other]) / norm.squareRoot()
        }.min() ?? 0
      }
      let batch = try AttackBatch(network, pixels: pixels, labels: labels)
      let result = try MinimalEpsilon(bisections: 12).nearest(batch, .l2)
      let lengths = try plainDistances(.l2, result.adversarial, pixels)
      let predictions = try ownLabels(network, result.adversarial)
      // Beyond 0.4 the box may bend the way.
      for sample in labels.indices where truth[sample] < 0.4 {
        let found = try #require(result.distances[sample])
        #expect(found >= truth[sample] * (1 - 1e-5), "seed \(seed): nothing lies nearer than the boundary")
        #expect(found <= truth[sample] * 1.01 + 1e-4, "seed \(seed), sample \(sample): \(found) of \(truth[sample])")
        #expect(abs(found - lengths[sample]) < 1e-9 && predictions[sample] != labels[sample])
      }
      let found = bracket(radii: truth.map { $0 * 0.999 }, distances: result.distances)
      #expect(found.violations.isEmpty)
      // A certificate that is twice the truth is refuted.
      let wrong = bracket(radii: truth.map { $0 * 2 }, distances: result.distances)
      #expect(!wrong.violations.isEmpty)
    }
  }

  @Test func misclassifiedIsZeroAndUnreachableIsNil() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(3, seed: 1)
    var labels = try ownLabels(network, pixels)
    labels[2] = (labels[2] + 1) % 4
    let result = try MinimalEpsilon(bisections: 4).nearest(
      AttackBatch(network, pixels: pixels, labels: labels), .l2)
    #expect(result.distances[2] == 0)
    let one = try convolutionalNetwork(classes: 1)
    let never = try MinimalEpsilon().nearest(AttackBatch(one, pixels: pixels, labels: [0, 0, 0]), .l2)
    #expect(never.distances == [nil, nil, nil])
    #expect(try never.adversarial.equal(pixels).allTrue())
  }

  @Test func bisectionOnlyBringsAdversarialsNearer() throws {
    let network = try convolutionalNetwork(seed: 2)
    let pixels = try images(8, seed: 5)
    let batch = try AttackBatch(network, pixels: pixels, labels: ownLabels(network, pixels))
    let coarse = try MinimalEpsilon(bisections: 0).nearest(batch, .l2).distances.map { $0 ?? .infinity }
    let fine = try MinimalEpsilon(bisections: 8).nearest(batch, .l2)
    #expect(zip(fine.distances, coarse).allSatisfy { ($0 ?? .infinity) <= $1 })
    #expect(zip(fine.distances, coarse).contains { ($0 ?? .infinity) < $1 })
    let predictions = try ownLabels(network, fine.adversarial)
    for sample in 0..<8 where fine.distances[sample] != nil { #expect(predictions[sample] != batch.labels[sample]) }
  }

  @Test func gapsAndSettings() throws {
    let found = bracket(radii: [0.5, 0, nil], distances: [1, 1, 1])
    #expect(found.gaps == [2, nil, nil])
    #expect(throws: RobustnessError.self) { try Audit.certificatesHold(bracket(radii: [1], distances: [])) }
    let network = try convolutionalNetwork()
    let batch = try AttackBatch(network, pixels: images(1, seed: 1), labels: [0])
    #expect(throws: RobustnessError.self) { try MinimalEpsilon(pgd: PGD(steps: 0)).nearest(batch, .l2) }
  }
}
