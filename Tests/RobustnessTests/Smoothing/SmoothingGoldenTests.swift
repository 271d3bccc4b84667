import Foundation
import Results
import Testing

@testable import Robustness

/// Against the authors' own steps: see Tools/oracles/smoothing.py.
@Suite struct SmoothingGoldenTests {
  private struct Golden: Decodable {
    struct Certified: Decodable {
      var selection: [Int], estimation: [Int]
      var sigma: Double, alpha: Double
      var prediction: Int?
      var limit: Double, radius: Double
    }
    struct Predicted: Decodable {
      var counts: [Int]
      var alpha: Double
      var prediction: Int?
    }
    var certificates: [Certified]
    var predictions: [Predicted]
  }

  private func golden() throws -> Golden {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = folder.appendingPathComponent("Fixtures").appendingPathComponent("smoothing.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  @Test func certificatesFollowTheVotes() throws {
    let rows = try golden().certificates
    #expect(rows.count == 60 && rows.contains { $0.prediction == nil } && rows.contains { $0.prediction != nil })
    for row in rows {
      let smoothing = RandomizedSmoothing(
        sigma: row.sigma, estimationDraws: row.estimation.reduce(0, +), alpha: row.alpha)
      let found = SmoothedCertificate(
        label: 0, selection: row.selection, estimation: row.estimation, inputCount: 9, smoothing)
      #expect(found.prediction == row.prediction, "\(row)")
      #expect(found.probabilityLower <= row.limit && found.probabilityLower >= row.limit * (1 - 2e-6), "\(row)")
      guard row.prediction != nil else {
        #expect(found.radiusL2 == nil && found.radiusLinf == nil)
        continue
      }
      let radius = try #require(found.radiusL2)
      #expect(radius <= row.radius && radius >= row.radius - 1e-5 * row.sigma, "\(row): \(radius)")
      let linf = try #require(found.radiusLinf)
      #expect(linf <= radius / 3 && linf >= radius / 3 * (1 - 1e-14))
    }
  }

  @Test func predictionsFollowTheVotes() throws {
    let rows = try golden().predictions
    #expect(rows.contains { $0.prediction == nil } && rows.contains { $0.prediction != nil })
    for row in rows {
      let smoothing = RandomizedSmoothing(sigma: 1, alpha: row.alpha)
      #expect(smoothing.prediction(votes: row.counts) == row.prediction, "\(row)")
    }
    let smoothing = RandomizedSmoothing(sigma: 1)
    #expect(smoothing.prediction(votes: []) == nil && smoothing.prediction(votes: [0, 0]) == nil)
    #expect(smoothing.prediction(votes: [20]) == 0 && smoothing.prediction(votes: [3]) == nil)
  }
}
