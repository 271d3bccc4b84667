import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Shortcuts onto the principal components of the windows they see.
@TorchActor
@Suite struct PrincipalComponentsTests {
  /// The covariance of the non-overlapping 2×2 windows of N×C×H×W, even sizes, one column a pixel in C, row, column
  /// order.
  private func covariance(_ h: Tensor) throws -> Tensor {
    var columns: [Tensor] = []
    for channel in 0..<h.size(1) {
      for row in 0..<2 {
        for column in 0..<2 {
          let pixel = try h.narrowed(1, from: channel, count: 1).strided(2, from: row, step: 2)
            .strided(3, from: column, step: 2)
          columns.append(try pixel.contiguous().reshaped([-1]))
        }
      }
    }
    let windows = try Tensor.stacked(columns, 1)
    let mean = try windows.mean([0])
    let count = Double(windows.size(0))
    return try windows.transposed().matmul(windows) / count - mean.reshaped([-1, 1]).matmul(mean.reshaped([1, -1]))
  }

  /// Each shortcut of the fitted network, and what it sees.
  private func fitted() throws -> [(kernel: Tensor, seen: Tensor)] {
    let subject = NetworkCase(description: .init(width: 3, shortcut: .principalComponents))
    let trunk = try subject.makeRandom(RandomStream(seed: 1)).trunk
    try trunk.mapTensors { try $0.to(.float64) }
    let pixels = try subject.pixels(50, RandomStream(seed: 2))
    try trunk.fit(to: pixels)
    let passage = Passage(adapter: nil, mode: .evaluation)
    return try withoutGradients {
      var h = try trunk.embed(pixels, passage)
      return try trunk.blocks.compactMap { block in
        let seen = h
        h = try block.forward(h, passage)
        return try block.shortcut.map { shortcut in
          let kernel = shortcut.convolution.weight.value
          return (try kernel.reshaped([kernel.size(0), -1]), seen)
        }
      }
    }
  }

  /// The rows are the eigenvectors of the largest eigenvalues: C v = λ v, λ falling, their sum that of the largest
  /// singular values.
  @Test func rowsAreLeadingEigenvectors() throws {
    let shortcuts = try fitted()
    #expect(shortcuts.count == 2)
    for (kernel, seen) in shortcuts {
      let covariance = try covariance(seen)
      let gram = try kernel.matmul(kernel.transposed())
      try expectClose(gram, Tensor.eye(kernel.size(0), dtype: .float64), within: 1e-12)
      let images = try kernel.matmul(covariance)
      let values = try (images * kernel).sum([1])
      try expectClose(images, values.reshaped([-1, 1]) * kernel, within: 1e-11, "C v = λ v")
      let largest = try covariance.singularValues().narrowed(0, from: 0, count: kernel.size(0))
      try expectClose(values, largest, within: 1e-12)
    }
  }

  /// No other projection of that rank keeps more variance.
  @Test func noProjectionKeepsMore() throws {
    for (kernel, seen) in try fitted() {
      let covariance = try covariance(seen)
      func kept(_ rows: Tensor) throws -> Double { try (rows.matmul(covariance) * rows).sum().item() }
      let most = try kept(kernel)
      let whole = try (covariance * Tensor.eye(covariance.size(0), dtype: .float64)).sum().item()
      #expect(most > 0.5 * whole && most < whole)
      for seed in 0..<50 as Range<UInt64> {
        let random = try Tensor.normal(kernel.shape, RandomStream(seed: seed), dtype: .float64).transposed().qr().q
        #expect(try kept(random.transposed()) <= most * (1 + 1e-12), "seed \(seed)")
      }
    }
  }

  /// Widening keeps everything: all components, and zeros behind them.
  @Test func moreOutputsThanPixels() throws {
    let layer = try Conv2d(
      ConvolutionPlan(site: "s", inputs: 2, outputs: 5, tiling: 1, inputSize: [6, 6]), bias: false,
      initialization: .orthonormal, stream: RandomStream(seed: 1))
    let h = try Tensor.normal([20, 2, 6, 6], RandomStream(seed: 2))
    let kernel = try PrincipalComponents.kernel(of: layer, seeing: h).reshaped([5, 2])
    try expectClose(kernel.transposed().matmul(kernel), Tensor.eye(2), within: 1e-6)
    #expect(try kernel.narrowed(0, from: 2, count: 3).abs().max().item() == 0)
  }

  /// Other shortcuts take nothing from the images.
  @Test func nothingElseIsFitted() throws {
    for shortcut in NetworkDescription.ShortcutKind.allCases {
      let subject = NetworkCase(description: .init(width: 2, shortcut: shortcut))
      let trunk = try subject.make(RandomStream(seed: 1)).trunk
      let before = try trunk.state()
      try trunk.fit(to: subject.pixels(20, RandomStream(seed: 2), dtype: .float32))
      let changed = try trunk.state().filter { $0.value != before[$0.key] }.keys
      #expect(
        Array(changed)
          == (shortcut == .principalComponents ? ["layer2.0.downsample.0.weight", "layer3.0.downsample.0.weight"] : []))
    }
  }
}
