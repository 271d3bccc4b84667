import Foundation
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct FeasibleSetTests {
  init() throws { try useOneThread() }

  /// Random centres (on the box's faces too), points far outside, and radii from far below an ulp to beyond the box.
  private func randomCase(_ seed: UInt64) throws -> (clean: Tensor, points: Tensor, radii: [Double]) {
    let stream = RandomStream(seed: seed)
    let shape = [4, 1 + stream.integer(below: 3, at: 0), 1 + stream.integer(below: 6, at: 1), 7]
    let stretched = try Tensor.uniform(shape, stream.stream("clean")) * 1.4 - 0.2
    let clean = try stretched.clamped(0, 1)
    let points = try clean + Tensor.normal(shape, stream.stream("points")) * (stream.uniform(at: 2) * 3)
    let radii = (0..<4).map { pow(10, stream.stream("radius").uniform(at: UInt64($0)) * 11 - 9) }
    return (try clean.channelsLast(), points, radii)
  }

  @Test(arguments: [PerturbationNorm.linf, .l2, .l1])
  func projectionsAreInsideBallAndBoxInFP64(_ norm: PerturbationNorm) throws {
    for seed in UInt64(0)..<150 {
      let (clean, points, radii) = try randomCase(seed)
      let set = try FeasibleSet(norm, around: clean, radii: radii)
      let projected = try set.project(points)
      let lengths = try plainDistances(norm, projected, clean)
      for (length, radius) in zip(lengths, radii) { #expect(length <= radius, "seed \(seed)") }
      #expect(try projected.min().item() >= 0 && projected.max().item() <= 1, "seed \(seed)")
      #expect(try set.project(projected).equal(projected).allTrue(), "not idempotent: seed \(seed)")
      #expect(try set.project(clean).equal(clean).allTrue(), "the centre moved: seed \(seed)")
    }
  }

  @Test func pointsOutsideAreMovedToTheBoundaryAndNoFarther() throws {
    let clean = try Tensor.full(0.5, [1, 3, 16, 16])
    let direction = try Tensor.normal([1, 3, 16, 16], RandomStream(seed: 3))
    for radius in [0.01, 0.1, 0.3] {
      let linf = try FeasibleSet(.linf, around: clean, radii: [radius]).project(clean + direction.sign())
      #expect(try plainDistances(.linf, linf, clean)[0] > radius - 1e-7)
      let l2 = try FeasibleSet(.l2, around: clean, radii: [radius]).project(clean + direction)
      // √768·2⁻²⁵ is what the rounding may take.
      #expect(try plainDistances(.l2, l2, clean)[0] > radius - 1e-6)
      // The direction is kept.
      let cosine = try ((l2 - clean) * direction).sum().item() / ((l2 - clean).norm().item() * direction.norm().item())
      #expect(cosine > 0.99999)
    }
  }

  @Test func exactRadiiStayExact() throws {
    let clean = try Tensor([0.25, 0.5, 0.9375] as [Float], [1, 1, 1, 3])
    let moved = try FeasibleSet(.linf, around: clean, radii: [0.125]).project(clean + 1)
    #expect(try moved.doubles() == [0.375, 0.625, 1])
  }

  @Test func sizesThatADoubleExceedsAreRoundedDown() throws {
    // The double nearest to 1/10 exceeds it, the one nearest to 1/3 does not.
    #expect(try ball(.linf, "0.1").radius == 0.1.nextDown)
    #expect(try ball(.linf, "1/3").radius == 1.0 / 3)
    #expect(try ball(.linf, "1/2").radius == 0.5)
    #expect(try ball(.l2, "0").radius == 0)
  }

  @Test func selectedSamplesKeepTheirOwnRadius() throws {
    let clean = try Tensor.full(0.5, [3, 1, 2, 2])
    let index = try Tensor(indices: [2, 0])
    for norm in [PerturbationNorm.linf, .l2] {
      let set = try FeasibleSet(norm, around: clean, radii: [0.1, 0.2, 0.3]).selecting(index)
      let lengths = try plainDistances(norm, set.project(Tensor.ones([2, 1, 2, 2])), clean.selecting(0, index))
      #expect(abs(lengths[0] - 0.3) < 1e-6 && abs(lengths[1] - 0.1) < 1e-6)
    }
  }
}
