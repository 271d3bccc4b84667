import Foundation
import ImageData
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct SpatialAttackTests {
  init() throws { try useOneThread() }

  /// One pixel of a turned and shifted image, written out. Rows grow downward.
  private func moved(
    _ image: (Int, Int) -> Double, _ height: Int, _ width: Int, _ move: SpatialMove, row: Int, column: Int
  ) -> Double {
    let angle = move.degrees / 180 * Double.pi
    // To the centre, with y upward, where a counter-clockwise turn has its usual matrix; backward by −angle.
    let x = Double(column) - Double(width - 1) / 2 - move.right
    let y = -(Double(row) - Double(height - 1) / 2 - move.down)
    let fromX = cos(angle) * x + sin(angle) * y + Double(width - 1) / 2
    let fromY = -(-sin(angle) * x + cos(angle) * y) + Double(height - 1) / 2
    guard fromX >= -0.5, fromX < Double(width) - 0.5, fromY >= -0.5, fromY < Double(height) - 0.5 else { return 0 }
    // Tents of width 1 about the pixels' centres, the border's pixels going on for half a pixel.
    let (clampedX, clampedY) = (min(max(fromX, 0), Double(width - 1)), min(max(fromY, 0), Double(height - 1)))
    var sum = 0.0
    for i in 0..<height {
      for j in 0..<width {
        sum += max(0, 1 - abs(clampedY - Double(i))) * max(0, 1 - abs(clampedX - Double(j))) * image(i, j)
      }
    }
    return sum
  }

  @Test func warpsAsAnExplicitTurnOfEveryPixel() throws {
    for (seed, shape) in [(UInt64(1), [2, 5, 7]), (2, [1, 6, 6]), (3, [3, 1, 4])] {
      let (channels, height, width) = (shape[0], shape[1], shape[2])
      let pixels = try images(8, shape, seed: seed).channelsLast()
      let range = SpatialRange(degrees: 170, pixels: 2)
      let moves = (0..<8).map { range.move(RandomStream(seed: seed).stream($0)) }
      let warped = try pixels.warped(moves)
      #expect(warped.isChannelsLast || channels == 1 || height == 1)
      let (before, after) = try (pixels.doubles(), warped.doubles())
      for image in 0..<8 {
        for channel in 0..<channels {
          let first = (image * channels + channel) * height * width
          for row in 0..<height {
            for column in 0..<width {
              let expected = moved(
                { before[first + $0 * width + $1] }, height, width, moves[image], row: row, column: column)
              #expect(
                abs(after[first + row * width + column] - expected) < 1e-6,
                "seed \(seed), \(moves[image]), \(channel), \(row), \(column)")
            }
          }
        }
      }
    }
  }

  /// Turns are those by which `ImageData` makes rotated data sets.
  @Test func turnsAsRotatedDataSetsDo() throws {
    let pixels = try images(1, [3, 9, 8], seed: 5)
    let shape = try ImageShape(height: 9, width: 8, channels: 3, depth: .eight)
    for degrees in [-30.0, -7.5, 0, 12, 30, 90, 180] {
      var bytes = try PixelGrid().bytes(of: (pixels * 255).rounded().to(.uint8)).flatMap(\.self)
      try Rotation(degrees: degrees).apply(to: &bytes, shape: shape)
      let expected = try Tensor(samples: bytes, count: 1, shape: shape)
      let warped = try pixels.warped([SpatialMove(degrees: degrees, right: 0, down: 0)])
      #expect(try (warped - expected).abs().max().item() < 0.5 / 255 + 1e-6, "\(degrees)°")
    }
  }

  @Test func theIdentityAndWholePixelsMoveValuesUnchanged() throws {
    let pixels = try images(2, [2, 4, 5], seed: 7)
    let warped = try pixels.warped([.identity, SpatialMove(degrees: 0, right: 2, down: -1)])
    #expect(try warped.narrowed(0, from: 0, count: 1).equal(pixels.narrowed(0, from: 0, count: 1)).allTrue())
    let shifted = try pixels.narrowed(0, from: 1, count: 1).padded(left: 2, right: -2, top: -1, bottom: 1)
    #expect(try warped.narrowed(0, from: 1, count: 1).equal(shifted).allTrue())
  }

  /// Class 0 where the left half is brighter than the right: one bright column falls exactly where it can cross over.
  private func sideNetwork() throws -> any Classifier {
    let left = (0..<36).map { $0 % 6 < 3 ? 1.0 : 0 }
    return try linearImageNetwork([left, left.map { 1 - $0 }], [0.01, 0], height: 6, width: 6)
  }

  private func column(_ place: Int) throws -> Tensor {
    try Tensor((0..<36).map { Float($0 % 6 == place ? 1 : 0) }, [1, 1, 6, 6])
  }

  @Test func aNetworkThatDetectsPositionIsFooled() throws {
    let network = try sideNetwork()
    let pixels = try Tensor.concatenated([column(0), column(1), column(2)])
    let batch = try AttackBatch(network, pixels: pixels, labels: [0, 0, 0], streams: sampleStreams(3))
    for (reach, falls) in [(0.0, [false, false, false]), (1, [false, false, true]), (2, [false, true, true])] {
      let attack = SpatialAttack(SpatialRange(degrees: 0, pixels: reach), search: .grid(turns: 1, shifts: 5))
      let result = try attack.perturb(batch)
      #expect(result.success == falls, "reach \(reach)")
      for sample in 0..<3 where falls[sample] { #expect(result.moves[sample].right > 0.5) }
      #expect(zip(result.predictions, falls).allSatisfy { ($0 == 1) == $1 })
    }
    // A half turn brings every column to the other side.
    let turned = try SpatialAttack(SpatialRange(degrees: 180, pixels: 0), search: .grid(turns: 3, shifts: 1))
      .perturb(batch)
    #expect(turned.success == [true, true, true] && turned.queries == [2, 2, 2])
    let drawn = try SpatialAttack(SpatialRange(degrees: 30, pixels: 3), search: .worstOf(40)).perturb(batch)
    #expect(drawn.success[2] && drawn.moves[2].right > 0)
  }

  /// Every move loses light at the border, which makes this network the surer of its label: nothing is better than the
  /// image as it is.
  @Test func theIdentityIsKeptWhereEveryMoveIsWorse() throws {
    let weight = [(0..<36).map { _ in -1.0 }, (0..<36).map { _ in 0 }]
    let network = try linearImageNetwork(weight, [40, 0], height: 6, width: 6)
    let batch = try AttackBatch(
      network, pixels: .ones([2, 1, 6, 6]), labels: [0, 0], streams: sampleStreams(2))
    for search in [SpatialAttack.Search.worstOf(12), .grid(turns: 4, shifts: 2)] {
      let result = try SpatialAttack(search: search).perturb(batch)
      #expect(result.moves == [.identity, .identity] && result.success == [false, false])
      #expect(try result.adversarial.equal(batch.pixels).allTrue())
    }
  }

  @Test func moreDrawsOnlyFoolMoreAndDrawsBelongToTheSample() throws {
    let network = try convolutionalNetwork(seed: 3)
    let pixels = try images(12, seed: 4)
    var labels = try ownLabels(network, pixels)
    labels[5] = (labels[5] + 1) % 4
    let streams = sampleStreams(12)
    let run = { (places: [Int], draws: Int) in
      try SpatialAttack(search: .worstOf(draws)).perturb(
        AttackBatch(
          network, pixels: pixels.selecting(0, Tensor(indices: places)), labels: places.map { labels[$0] },
          streams: places.map { streams[$0] }, preparingGradient: false))
    }
    let all = Array(0..<12)
    let (few, many) = try (run(all, 3), run(all, 12))
    #expect(zip(few.success, many.success).allSatisfy { !$0 || $1 })
    #expect(many.success.count { $0 } > few.success.count { $0 } || few.success.allSatisfy(\.self))
    #expect(many.queries.allSatisfy { $0 <= 13 } && many.queries[5] == 0)
    #expect(many.success[5] && many.moves[5] == .identity)
    #expect(zip(try ownLabels(network, many.adversarial), labels).map { $0 != $1 } == many.success)
    for move in many.moves { #expect(abs(move.degrees) <= 30 && abs(move.right) <= 3 && abs(move.down) <= 3) }
    #expect(try run(all, 12).adversarial.host().bytes == many.adversarial.host().bytes)
    let order = RandomStream(seed: 4).permutation(12)
    let permuted = try run(order, 12)
    #expect(permuted.moves == order.map { many.moves[$0] } && permuted.success == order.map { many.success[$0] })
  }

  @Test func emptyBatchesOneClassAndSettings() throws {
    let network = try convolutionalNetwork()
    let empty = try SpatialAttack().perturb(AttackBatch(network, pixels: .zeros([0, 3, 8, 8]), labels: []))
    #expect(empty.count == 0 && empty.adversarial.shape == [0, 3, 8, 8])
    let one = try AttackBatch(
      convolutionalNetwork(classes: 1), pixels: images(2, seed: 1), labels: [0, 0], streams: sampleStreams(2))
    #expect(try SpatialAttack().perturb(one).success == [false, false])
    #expect(SpatialRange(degrees: 10, pixels: 2).grid(turns: 3, shifts: 2).count == 12)
    for attack in [
      SpatialAttack(search: .worstOf(0)), SpatialAttack(search: .grid(turns: 0, shifts: 1)),
      SpatialAttack(SpatialRange(degrees: -1)), SpatialAttack(SpatialRange(pixels: .infinity)),
    ] {
      #expect(throws: RobustnessError.self) { try attack.perturb(one) }
    }
  }
}
