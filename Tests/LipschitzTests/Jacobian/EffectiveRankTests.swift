import Foundation
import Lipschitz
import RandomStreams
import Testing
import TorchCore

@TorchActor @Suite struct EffectiveRankTests {
  @Test func closedForms() throws {
    for n in [1, 2, 7, 30] {
      #expect(try abs(EffectiveRank.entropy(.eye(n)) - Double(n)) < 1e-12 * Double(n))
      #expect(try abs(EffectiveRank.stable(.eye(n)) - Double(n)) < 1e-12 * Double(n))
    }
    let stream = RandomStream(seed: 1)
    let column = try Tensor.normal([9, 1], stream.stream("column"), dtype: .float64)
    let row = try Tensor.normal([1, 5], stream.stream("row"), dtype: .float64)
    #expect(try abs(EffectiveRank.entropy(column.matmul(row)) - 1) < 1e-10)
    #expect(try abs(EffectiveRank.stable(column.matmul(row)) - 1) < 1e-12)

    // p = 3/4, 1/4: exp of the entropy is 4 / 3^(3/4); ‖A‖_F² / ‖A‖² = (9 + 1) / 9.
    let pair = try Tensor([3.0, 0, 0, -1], [2, 2])
    #expect(try abs(EffectiveRank.entropy(pair) - 4 / pow(3, 0.75)) < 1e-12)
    #expect(try abs(EffectiveRank.stable(pair) - 10 / 9) < 1e-12)
    #expect(try EffectiveRank.entropy(.zeros([3, 4])) == 0 && EffectiveRank.stable(.zeros([3, 4])) == 0)
  }

  @Test func neitherScaleNorRotationMatters() throws {
    for seed in 0..<10 {
      let stream = RandomStream(seed: UInt64(seed))
      let matrix = try Tensor.normal([12, 6], stream.stream("matrix"), dtype: .float64)
      let turn = try Tensor.normal([12, 12], stream.stream("turn"), dtype: .float64).qr().q
      let turned = try turn.matmul(matrix) * 1e-160
      for rank in [EffectiveRank.entropy, EffectiveRank.stable] {
        let value = try rank(matrix)
        #expect(try abs(value - rank(turned)) < 1e-10 && value > 1 && value < 6, "seed \(seed)")
      }
    }
  }

  @Test func whatHasNoRankIsRefused() throws {
    #expect(throws: JacobianError.self) { try EffectiveRank.entropy(.ones([4])) }
    #expect(throws: JacobianError.self) { try EffectiveRank.stable(.zeros([0, 3])) }
    #expect(throws: JacobianError.self) { try EffectiveRank.entropy(.full(.nan, [2, 2])) }
  }

  /// sin 2πkx climbs and falls by 1 in each quarter of its k periods.
  @Test func totalVariationOfSines() throws {
    let count = 4 * 3 * 4 * 5 * 7
    let rows = (1...7).filter { count.isMultiple(of: 4 * $0) }
    let samples = rows.flatMap { k in
      (0...count).map { sin(2 * Double.pi * Double(k) * Double($0) / Double(count)) }
    }
    let found = try totalVariation(Tensor(samples, [rows.count, count + 1]))
    #expect(rows.count == 7)
    for (k, value) in zip(rows, found) { #expect(abs(value - 4 * Double(k)) < 1e-10, "k = \(k): \(value)") }
    #expect(try totalVariation(Tensor([1.0, 5], [2, 1])) == [0, 0])
    #expect(throws: JacobianError.self) { try totalVariation(.ones([3])) }
  }
}
