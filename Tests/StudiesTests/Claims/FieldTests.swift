import Foundation
import OperatorNorms
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct FieldTests {
  @Test func theMatrixOfAConvolutionIsLocal() throws {
    let weight = try Tensor.normal([2, 2, 3, 3], RandomStream(seed: 1), dtype: .float64)
    let convolution = try ConvolutionOperator(
      weight: weight, geometry: ConvolutionGeometry(padding: 1), inputSize: [4, 5])
    let field = try JacobianField(convolution.matrix(), height: 4, width: 5, layout: .channelsFirst)
    #expect(field.shares == [1, 1, 0, 0, 0] && field.reach == 1)
    // At distance 0 there is the centre tap alone.
    let centre = try weight.narrowed(2, from: 1, count: 1).narrowed(3, from: 1, count: 1).abs().mean().item()
    #expect(abs(field.magnitudes[0] - centre) < 1e-12)
  }

  @Test func distancesAreThoseOfTheGrid() throws {
    // One output at row 0, column 0 of 2×3 that depends on row 1, column 2 alone.
    var entries = [Double](repeating: 0, count: 36)
    entries[5] = -3
    let field = try JacobianField(Tensor(entries, [6, 6]), height: 2, width: 3, layout: .channelsLast)
    // Pairs at distance 2 on 2×3: columns 0 and 2, any rows: 2·2·2.
    #expect(field.shares == [0, 0, 1.0 / 8] && field.magnitudes == [0, 0, 3.0 / 8] && field.reach == 2)
    let none = try JacobianField(Tensor.zeros([6, 6], dtype: .float64), height: 2, width: 3, layout: .channelsLast)
    #expect(none.reach == -1)
  }

  @Test func layoutsDifferInTheOrderOfChannels() throws {
    // Two channels on 1×2 positions, each position mixing its own channels.
    let mix = try Tensor([1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0, 7, 8] as [Double], [4, 4])
    #expect(try JacobianField(mix, height: 1, width: 2, layout: .channelsLast).shares == [1, 0])
    #expect(try JacobianField(mix, height: 1, width: 2, layout: .channelsFirst).shares == [0.5, 0.5])
  }

  @Test func attentionIsTheSumItSays() throws {
    let (t, d) = (3, 2)
    func normal(_ seed: UInt64, _ shape: [Int]) throws -> Tensor {
      try Tensor.normal(shape, RandomStream(seed: seed), dtype: .float64)
    }
    let (h, query, key, value) = (
      try normal(1, [1, t, d]), try normal(2, [d, d]), try normal(3, [d, d]), try normal(4, [d, d])
    )
    let rows = try [query, key, value].map { try h.linear($0).doubles() }
    func row(_ kind: Int, _ token: Int) -> [Double] { Array(rows[kind][token * d..<(token + 1) * d]) }
    let found = try attention(h, query: query, key: key, value: value).doubles()
    for i in 0..<t {
      let weights = (0..<t).map { j in exp(zip(row(0, i), row(1, j)).reduce(0) { $0 + $1.0 * $1.1 } / 2.0.squareRoot())
      }
      for c in 0..<d {
        let sum = (0..<t).reduce(0) { $0 + weights[$1] * row(2, $1)[c] } / weights.reduce(0, +)
        #expect(abs(found[i * d + c] - sum) < 1e-12)
      }
    }
  }

  @Test func study() async throws {
    try await withFlowImages(seeds: [0]) { setting in
      let outcome = try checkedRun(FieldStudy(), setting)
      #expect(outcome.judgements.allSatisfy { $0.outcome == .met }, "\(outcome.judgements.map(\.detail))")
    }
  }
}
