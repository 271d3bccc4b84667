import ImageData
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct PixelGridTests {
  init() throws { try useOneThread() }

  private func adversarial(_ clean: Tensor, _ ball: PerturbationBall, seed: UInt64) throws -> Tensor {
    let set = try FeasibleSet(ball.norm, around: clean, radii: Array(repeating: ball.radius, count: clean.size(0)))
    let noise = try Tensor.normal(clean.shape, RandomStream(seed: seed).stream("noise"))
    return try set.project(clean + noise * (RandomStream(seed: seed).uniform(at: 9) * 0.2))
  }

  @Test(arguments: ["0", "1/255", "0.03137", "8/255", "0.1", "1/2", "2"])
  func linfStaysWithinWholeSteps(_ size: String) throws {
    let ball = try ball(.linf, size)
    for seed in UInt64(0)..<25 {
      let clean = try images(3, [3, 5, 4], seed: seed)
      let levels = try PixelGrid().levels(adversarial(clean, ball, seed: seed), clean: clean, within: ball)
      let steps = try (levels.to(.float64) - (clean.to(.float64) * 255).rounded()).abs().max().item()
      #expect(steps <= Double(ball.epsilon.floorSteps()), "seed \(seed)")
      #expect(try levels.dtype == .uint8)
    }
  }

  @Test func aWholeNumberOfStepsIsKept() throws {
    let clean = try Tensor([0, 100, 250, 255] as [Float], [1, 1, 2, 2]) / 255
    let moved = try FeasibleSet(.linf, around: clean, radii: [ball(.linf, "8/255").radius]).project(clean + 1)
    #expect(try PixelGrid().levels(moved, clean: clean, within: ball(.linf, "8/255")).integers() == [8, 108, 255, 255])
    // The decimal is smaller than 8/255: seven steps.
    #expect(
      try PixelGrid().levels(moved, clean: clean, within: ball(.linf, "0.03137")).integers() == [7, 107, 255, 255])
  }

  @Test(arguments: [(PerturbationNorm.l2, "1/4"), (.l2, "0.05"), (.l2, "3"), (.l1, "2"), (.l2, "1/255")])
  func otherNormsStayInTheBall(_ norm: PerturbationNorm, _ size: String) throws {
    let ball = try ball(norm, size)
    for seed in UInt64(0)..<25 {
      let clean = try images(3, [3, 6, 6], seed: seed)
      let moved = try adversarial(clean, ball, seed: seed)
      let levels = try PixelGrid().levels(moved, clean: clean, within: ball)
      let origin = try (clean.to(.float64) * 255).rounded()
      let lengths = try plainDistances(norm, levels.to(.float64), origin)
      #expect(lengths.allSatisfy { $0 <= 255 * ball.epsilon.value }, "seed \(seed)")
      // Toward the clean level: less than one step is lost, nothing is gained, and the sign is kept.
      let (shift, steps) = try (moved.to(.float64) * 255 - origin, levels.to(.float64) - origin)
      #expect(try (shift - steps).abs().less(1.001).allTrue())
      #expect(try (shift * steps).greaterOrEqual(0).allTrue())
    }
  }

  /// Every pixel just short of a whole step, at a size that the completed steps would exceed.
  @Test func stepsThatWouldLeaveTheBallAreNotCompleted() throws {
    let clean = try Tensor.full(100, [1, 1, 4, 4]) / 255
    let almost = try clean + (5 - 1e-5) / 255.0
    let exact = try PixelGrid().levels(almost, clean: clean, within: ball(.l2, "20/255"))
    #expect(try exact.equal(105).allTrue(), "√16·5 steps is the size itself")
    let tighter = try PixelGrid().levels(almost, clean: clean, within: ball(.l2, "19.9999/255"))
    #expect(try tighter.equal(104).allTrue())
  }

  @Test func bytesThereAndBackAreTheSamePixels() throws {
    let clean = try images(2, [3, 4, 5], seed: 8)
    let levels = try PixelGrid().levels(clean, clean: clean, within: ball(.linf, "8/255"))
    let bytes = try PixelGrid().bytes(of: levels)
    #expect(bytes.map(\.count) == [60, 60])
    let planar = try levels.integers()
    // Height × width × channels: pixel (row 2, column 3), channel 1 of the second image.
    #expect(Int(bytes[1][(2 * 5 + 3) * 3 + 1]) == planar[60 + 1 * 20 + 2 * 5 + 3])
    let decoded = try PixelGrid().pixels(bytes, channels: 3, height: 4, width: 5)
    #expect(try decoded.equal(clean).allTrue() && decoded.isChannelsLast)
  }

  @Test func imagesOfASetAreTheSamePixels() throws {
    let bytes = (0..<3 * 60).map { UInt8($0) }
    let set = try ImageSet(
      shape: ImageShape(height: 4, width: 5, channels: 3), pixels: bytes, labels: [0, 0, 0], classes: ["a"],
      paths: ["x", "y", "z"])
    let pixels = try set.pixels([2, 0], on: .cpu)
    #expect(pixels.shape == [2, 3, 4, 5] && pixels.isChannelsLast)
    let expected = try PixelGrid().pixels(
      [Array(bytes[120...]), Array(bytes[..<60])], channels: 3, height: 4, width: 5)
    #expect(try pixels.equal(expected).allTrue())
    // Image 2, row 1, column 3, channel 2.
    #expect(try pixels.floats()[2 * 20 + 1 * 5 + 3] == Float(120 + (1 * 5 + 3) * 3 + 2) / 255)
    #expect(throws: RobustnessError.imageOutOfRange(index: 3, count: 3)) { try set.pixels([0, 3], on: .cpu) }
    #expect(throws: RobustnessError.imageOutOfRange(index: -1, count: 3)) { try set.pixels([-1], on: .cpu) }
  }

  @Test func rescoringFindsWhatTheGridKeptAndWhatItLost() throws {
    // z₀ − z₁ = 2(x − 100.4/255): the image at level 100 is of class 1, and any float above 100.4/255 of class 0.
    let network = try linearNetwork([[1], [-1]], [-100.4 / 255, 100.4 / 255])
    let clean = try Tensor([100, 100] as [Float], [2, 1, 1, 1]) / 255
    let moved = try Tensor([100.45, 101.2] as [Float], [2, 1, 1, 1]) / 255
    #expect(try ownLabels(network, moved) == [0, 0])
    let levels = try PixelGrid().levels(moved, clean: clean, within: ball(.linf, "2/255"))
    let rescored = try PixelGrid().rescore(
      network, images: PixelGrid().bytes(of: levels), clean: [[100], [100]], labels: [1, 1], norm: .linf)
    #expect(rescored.fooled == [false, true] && rescored.predictions == [1, 0])
    #expect(rescored.distances == [0, 1.0 / 255])
  }

  @Test func refusesWhatIsNotOfEightBits() throws {
    let clean = try Tensor.full(0.5, [1, 1, 2, 2])
    #expect(throws: RobustnessError.self) { try PixelGrid().levels(clean, clean: clean, within: ball(.linf, "1/10")) }
    #expect(throws: RobustnessError.unequalCounts(what: "bytes", found: 3, expected: 4)) {
      try PixelGrid().pixels([[1, 2, 3]], channels: 1, height: 2, width: 2)
    }
    let none = try Tensor.zeros([0, 1, 2, 2])
    #expect(try PixelGrid().levels(none, clean: none, within: ball(.l2, "1")).shape == [0, 1, 2, 2])
    #expect(try PixelGrid().bytes(of: none).isEmpty)
  }
}
