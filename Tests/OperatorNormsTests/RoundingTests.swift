import RandomStreams
import Testing

@testable import OperatorNorms

@Suite struct RoundingTests {
  /// Whole numbers of 53 bits: the exact product and sum fit into 128 bits, and so does the comparison.
  @Test func outwardResultsAreTheLeastDoublesAbove() {
    let stream = RandomStream(seed: 11)
    for index in 0..<2000 {
      let a = UInt64(stream.bits(at: UInt64(2 * index)) >> 11) + 1
      let b = UInt64(stream.bits(at: UInt64(2 * index + 1)) >> (11 + UInt64(index % 40))) + 1
      let product = UInt128(a) * UInt128(b)
      let up = Double(a).timesUp(Double(b))
      #expect(UInt128(up) >= product && UInt128(up.nextDown) < product, "draw \(index)")
      let sum = Double(a).plusUp(Double(b))
      #expect(UInt64(sum) >= a + b && UInt64(sum.nextDown) < a + b, "draw \(index)")
      let root = Double(a).squareRootUp
      #expect(root.timesUp(root) >= Double(a), "draw \(index)")
    }
  }

  @Test func exactResultsStay() {
    #expect(3.0.timesUp(0.5) == 1.5 && 1.0.timesUp(1) == 1 && 0.0.timesUp(7) == 0)
    #expect(1.0.plusUp(2) == 3 && 1.0.plusUp(0x1p-60) == 1.0.nextUp)
    #expect(Double.leastNonzeroMagnitude.timesUp(0.25) > 0)
    #expect(Double.infinity.timesUp(2) == .infinity && (1.0).plusUp(.infinity) == .infinity)
  }
}
