import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor @Suite struct MaxMinTests {
  /// Channels of images, of tokens and of features, by their place in memory.
  nonisolated static let shapes = [[3, 6], [2, 5, 8], [2, 4, 3, 5], [1, 2, 1, 1]]

  private func random(_ shape: [Int], _ name: String) throws -> Tensor {
    try Tensor.normal(shape, RandomStream(seed: 5).stream(name), dtype: .float64)
  }

  /// The value at each place in row-major order: the channel's larger or smaller of its pair.
  private func expected(_ values: [Double], _ shape: [Int]) -> [Double] {
    let axis = shape.count == 3 ? 2 : 1
    let (channels, inner) = (shape[axis], shape[(axis + 1)...].reduce(1, *))
    return values.indices.map { place in
      let channel = place / inner % channels
      let isFirst = channel < channels / 2
      let partner = values[place + (isFirst ? 1 : -1) * channels / 2 * inner]
      return isFirst ? max(values[place], partner) : min(values[place], partner)
    }
  }

  @Test(arguments: shapes) func pairsAreSorted(shape: [Int]) throws {
    let x = try random(shape, "x")
    let sorted = try Stage("m", .maxMin).apply(x)
    #expect(try sorted.doubles() == expected(x.doubles(), shape))
    #expect(try sorted.doubles().sorted() == x.doubles().sorted())
    let layout = shape.count == 4 ? try x.channelsLast() : x
    #expect(try Stage("m", .maxMin).apply(layout).contiguous().doubles() == sorted.doubles())
  }

  /// Two samples come no further apart, and a gradient keeps its length; it is that of finite differences.
  @Test(arguments: shapes) func nothingIsStretchedAndNoGradientLost(shape: [Int]) throws {
    let (a, b) = try (random(shape, "a").asLeaf(), random(shape, "b"))
    let apart = try (a.maxMin() - b.maxMin()).norm().item()
    #expect(try apart <= (a - b).norm().item() * (1 + 1e-15))

    let up = try random(shape, "up")
    let slope = try #require(try gradients(of: (a.maxMin() * up).sum(), withRespectTo: [a])[0])
    #expect(try abs(slope.norm().item() - up.norm().item()) <= 1e-12 * up.norm().item())
    let along = try random(shape, "along")
    let h = 1e-7
    let difference = try ((a + along * h).maxMin() - (a - along * h).maxMin()) / (2 * h)
    #expect(abs(try (difference * up).sum().item() - (slope * along).sum().item()) < 1e-5)
  }

  @Test func anOddNumberOfChannelsIsRefused() throws {
    for lengths in [[3, 4, 4], [5], [4, 3], []] {
      let error = #expect(throws: ShapeError.self) {
        try Stage("act", .maxMin).outputShape(of: SampleShape(lengths: lengths))
      }
      #expect(error?.layer == "act" && error?.reason.contains("pairs") == true)
    }
    for lengths in [[4, 3, 3], [6], [3, 4]] {
      #expect(try Stage("act", .maxMin).outputShape(of: SampleShape(lengths: lengths)).lengths == lengths)
    }
  }
}
