import RandomStreams
import Testing
import TorchCore

@testable import Robustness

@TorchActor @Suite struct BoxedL1BallTests {
  init() throws { try useOneThread() }

  /// Points, clean images in the box and radii, N×d, with pixels on the box's faces and shifts of zero among them.
  private func cases(_ count: Int, _ width: Int, seed: UInt64) throws -> (
    points: [Double], clean: [Double], radii: [Double]
  ) {
    var generator = RandomStream(seed: seed).generator
    let clean = (0..<count * width).map { _ in
      [0, 1, Double.random(in: 0...1, using: &generator)][Int.random(in: 0...2, using: &generator)]
    }
    let points = clean.map { pixel in
      Int.random(in: 0...4, using: &generator) == 0 ? pixel : pixel + Double.random(in: -1...1, using: &generator)
    }
    return (points, clean, (0..<count).map { _ in Double.random(in: 0.01...2, using: &generator) })
  }

  private func ball(_ clean: [Double], _ radii: [Double], _ width: Int) throws -> BoxedL1Ball {
    try BoxedL1Ball(clean: Tensor(clean, [radii.count, width]), radii: Tensor(radii, [radii.count, 1]))
  }

  /// λ by bisection, one image after another: another way to the same unique point.
  @Test func projectionIsTheNearestPoint() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    for (number, width) in [1, 2, 7, 40].enumerated() {
      let (points, clean, radii) = try cases(50, width, seed: seed &+ UInt64(number))
      let found = try ball(clean, radii, width).project(Tensor(points, [50, width])).doubles()
      for image in 0..<50 {
        let range = image * width..<(image + 1) * width
        func shift(_ index: Int, _ shrinkage: Double) -> Double {
          let wanted = points[index] - clean[index]
          let room = wanted > 0 ? 1 - clean[index] : clean[index]
          let size = min(max(abs(wanted) - shrinkage, 0), room)
          return wanted < 0 ? -size : size
        }
        func length(_ shrinkage: Double) -> Double { range.reduce(0) { $0 + abs(shift($1, shrinkage)) } }
        var (low, high) = (0.0, 4.0)
        if length(0) <= radii[image] { high = 0 }
        for _ in 0..<200 where high > 0 {
          let middle = (low + high) / 2
          if length(middle) > radii[image] { low = middle } else { high = middle }
        }
        for index in range {
          #expect(abs(found[index] - clean[index] - shift(index, high)) < 1e-12, "seed \(seed), width \(width)")
        }
      }
    }
  }

  /// The linear maximum against the best vertex: with a budget that ends within a pixel only one pixel is moved partly.
  @Test func maximumOfALinearFunctionIsTheBestOfManyPoints() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    let width = 6
    let (gradients, clean, radii) = try cases(30, width, seed: seed)
    let set = try ball(clean, radii, width)
    let gradient = try Tensor(gradients, [30, width]) - 0.5
    let best = try (set.maximum(along: gradient) * gradient).sum([1]).doubles()
    let lengths = try (set.maximum(along: gradient) - set.clean).abs().sum([1]).doubles()
    #expect(zip(lengths, radii).allSatisfy { $0 <= $1 + 1e-12 }, "seed \(seed)")
    for trial in 0..<200 {
      let shift = try Tensor.normal([30, width], RandomStream(seed: seed).stream(trial), dtype: .float64)
      let other = try set.project(set.clean + shift)
      let values = try (other * gradient).sum([1]).doubles()
      #expect(zip(values, best).allSatisfy { $0 <= $1 + 1e-12 }, "seed \(seed)")
    }
    // Exact on a case by hand: the second pixel has room 0.1 only, the rest of the budget goes to the first.
    let byHand = try ball([0.5, 0.9, 0.2], [0.3], 3).maximum(along: Tensor([1.0, 5, -0.5], [1, 3])).doubles()
    #expect(zip(byHand, [0.7, 1, 0.2]).allSatisfy { abs($0 - $1) < 1e-12 })
  }
}
