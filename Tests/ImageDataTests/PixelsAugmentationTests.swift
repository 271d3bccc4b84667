import Foundation
import ImageData
import RandomStreams
import Testing

@Suite struct PixelsAugmentationTests {
  private let seed: UInt64 = 20_170_808

  /// The images that result from one over many streams.
  private func results(_ augmentation: Augmentation, _ pixels: [UInt8], _ shape: ImageShape, count: Int) throws
    -> [[UInt8]]
  {
    var batch = Array(repeatElement(pixels, count: count).joined())
    let root = RandomStream(seed: seed)
    try augmentation.apply(to: &batch, shape: shape) { root.stream($0) }
    return (0..<count).map { Array(batch[$0 * shape.byteCount..<($0 + 1) * shape.byteCount]) }
  }

  /// Pearson's statistic against equal shares, in standard deviations above its mean.
  private func excess(_ counts: [Int], of cells: Int) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(cells)
    let sum = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    let missing = Double(cells - counts.count) * expected
    return (sum + missing - Double(cells - 1)) / (2 * Double(cells - 1)).squareRoot()
  }

  private func tally(_ images: [[UInt8]]) -> [[UInt8]: Int] {
    images.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  @Test func flipMirrorsHalfOfTheImages() throws {
    let shape = try ImageShape(height: 1, width: 3, channels: 2)
    let found = tally(try results(Augmentation(flip: true), [1, 2, 3, 4, 5, 6], shape, count: 4000))
    #expect(Set(found.keys) == [[1, 2, 3, 4, 5, 6], [5, 6, 3, 4, 1, 2]])
    #expect(excess(Array(found.values), of: 2) < 8, "seed \(seed): \(found)")
  }

  @Test func cropsAreEveryWindowOfThePaddedImage() throws {
    let shape = try ImageShape(height: 2, width: 2, channels: 1)
    let found = tally(try results(Augmentation(padAndCrop: 1), [1, 2, 3, 4], shape, count: 9000))
    let padded: [[UInt8]] = [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]]
    var windows: Set<[UInt8]> = []
    for y in 0...2 {
      for x in 0...2 { windows.insert(Array(padded[y][x...x + 1] + padded[y + 1][x...x + 1])) }
    }
    #expect(Set(found.keys) == windows)
    #expect(excess(Array(found.values), of: 9) < 8, "seed \(seed): \(found)")
  }

  /// Of a 3 × 4 image with a square of 2, every pixel is as often the middle; the border cuts some squares.
  @Test func cutoutsAreSquaresAroundEveryPixel() throws {
    let shape = try ImageShape(height: 3, width: 4, channels: 1)
    let found = tally(try results(Augmentation(cutout: 2), [UInt8](repeating: 9, count: 12), shape, count: 12000))
    var squares: Set<[UInt8]> = []
    for row in 0..<3 {
      for column in 0..<4 {
        var image = [UInt8](repeating: 9, count: 12)
        for y in max(row - 1, 0)...row { for x in max(column - 1, 0)...column { image[4 * y + x] = 0 } }
        squares.insert(image)
      }
    }
    #expect(Set(found.keys) == squares)
    #expect(excess(Array(found.values), of: 12) < 8, "seed \(seed): \(found)")
  }

  /// First the window, then the mirror, then the square, at any depth and number of channels.
  @Test func stepsFollowOneAnother() throws {
    for seed in 0..<200 {
      let stream = RandomStream(seed: UInt64(seed))
      var shape = try randomShape(stream, below: 12)
      shape = try ImageShape(
        height: shape.height + 3, width: shape.width + 3, channels: shape.channels, depth: shape.depth)
      let pixels = randomBytes(UInt64(seed), count: shape.byteCount)
      let all = Augmentation(padAndCrop: 2, flip: true, cutout: 3)
      var stepwise = pixels
      for step in [Augmentation(padAndCrop: 2), Augmentation(flip: true), Augmentation(cutout: 3)] {
        try step.apply(to: &stepwise, shape: shape) { _ in stream }
      }
      var together = pixels
      try all.apply(to: &together, shape: shape) { _ in stream }
      #expect(together == stepwise, "seed \(seed)")
      try Augmentation().apply(to: &together, shape: shape) { _ in stream }
      #expect(together == stepwise, "seed \(seed)")
    }
  }

  @Test func anImageInABatchIsAugmentedAsAlone() throws {
    let shape = try ImageShape(height: 7, width: 6, channels: 3)
    let augmentation = Augmentation(padAndCrop: 2, flip: true, cutout: 2)
    let pixels = randomBytes(1, count: 20 * shape.byteCount)
    let root = RandomStream(seed: seed)
    var batch = pixels
    try augmentation.apply(to: &batch, shape: shape) { root.stream($0) }
    for i in 0..<20 {
      let place = i * shape.byteCount..<(i + 1) * shape.byteCount
      var alone = Array(pixels[place])
      try augmentation.apply(to: &alone, shape: shape) { _ in root.stream(i) }
      #expect(alone == Array(batch[place]), "seed \(seed), image \(i)")
    }
  }

  @Test func nonsenseIsRefused() throws {
    let shape = try ImageShape(height: 4, width: 9, channels: 1)
    let refused = [
      Augmentation(padAndCrop: 4), Augmentation(padAndCrop: -1), Augmentation(cutout: 4), Augmentation(cutout: .min),
      Augmentation(padAndCrop: .max), Augmentation(mixup: -0.1), Augmentation(mixup: .nan), Augmentation(mixup: 101),
    ]
    for augmentation in refused {
      let error = try dataError { try augmentation.validate(shape) }
      #expect(error.path == "augmentation" && !error.advice.isEmpty, "\(augmentation)")
    }
    try Augmentation(padAndCrop: 3, flip: true, cutout: 3, mixup: 100).validate(shape)
    _ = try dataError {
      var pixels: [UInt8] = [1, 2, 3]
      try Augmentation(flip: true).apply(to: &pixels, shape: shape) { _ in RandomStream(seed: 1) }
    }
  }
}
