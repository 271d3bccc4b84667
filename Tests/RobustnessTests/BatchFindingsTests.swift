import Foundation
import RandomStreams
import Results
import TensorFiles
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct BatchFindingsTests {
  init() throws { try useOneThread() }

  /// What a rank tells the others is what it found: every bit of distances and pixels, ε as it was written.
  @Test func areReadAsTheyWereWritten() throws {
    let network = try convolutionalNetwork()
    let pixels = try images(4, seed: 5)
    let labels = try ownLabels(network, pixels)
    let batch = try AttackBatch(
      network, pixels: pixels, labels: labels, streams: (0..<4).map { RandomStream(seed: 1).stream($0) })
    let result = try PGD(steps: 3).curve(batch, .l2, [Rational("2/8")], form: .raw)[0]
    let ball = PerturbationBall(.l2, try Rational("2/8"))
    let findings = BatchFindings(
      outcome: BatchOutcome(
        cleanPredictions: batch.cleanPredictions, cleanCorrect: batch.cleanCorrect,
        attacks: [
          BatchOutcome.Found(
            correct: result.success.map { !$0 }, correctOnGrid: nil, predictions: result.predictions,
            distances: result.distances, gradients: result.gradients, queries: result.queries)
        ]),
      kept: try (0..<4).map { try KeptAdversarial(result, batch, row: $0, 10 + $0, "pgd", ball) })
    let read = try JSONDecoder().decode(BatchFindings.self, from: JSONEncoder().encode(findings))
    #expect(read.outcome == findings.outcome)
    #expect(read.kept.map(\.adversarial) == findings.kept.map(\.adversarial))
    #expect(read.kept.map(\.clean) == findings.kept.map(\.clean) && read.kept.map(\.place) == [10, 11, 12, 13])
    #expect(read.kept.allSatisfy { $0.ball == ball && $0.ball.epsilon.text == "2/8" })
  }

  @Test func aTensorOfTheWrongSizeIsRefused() throws {
    let text = #"{"elementType": "float32", "shape": [2], "bytes": "AAAAAA=="}"#
    #expect(throws: TensorFileError.self) { try JSONDecoder().decode(HostTensor.self, from: Data(text.utf8)) }
  }
}
