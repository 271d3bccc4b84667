import TorchCore

/// The first layer of every network: (x − mean) / std per channel, so that whatever comes in is in pixels and every ε
/// is in pixels.
public final class PixelNormalization: Module {
  public let mean: Buffer
  public let std: Buffer

  public init(_ statistics: PixelStatistics) throws {
    mean = try Buffer(Tensor(statistics.mean.map(Float.init), [statistics.mean.count]))
    std = try Buffer(Tensor(statistics.std.map(Float.init), [statistics.std.count]))
  }

  public func forward(_ x: Tensor) throws -> Tensor { try deployed.apply(x) }

  var deployed: Stage { Stage("normalize", .normalize(mean: mean.value, std: std.value)) }

  public func visit(_ members: inout Members) {
    members.buffer("mean", mean)
    members.buffer("std", std)
  }
}

/// Mean and standard deviation of each channel over a training set, pixels in [0, 1].
public struct PixelStatistics: Sendable, Hashable, Codable {
  public var mean: [Double]
  public var std: [Double]

  public init(mean: [Double], std: [Double]) {
    self.mean = mean
    self.std = std
  }

  /// Those that leave pixels as they are.
  public static func identity(channels: Int) -> PixelStatistics {
    PixelStatistics(mean: Array(repeating: 0, count: channels), std: Array(repeating: 1, count: channels))
  }

  /// Of measured deviations: a constant channel gets a deviation of 1, so that it can be divided by.
  public init(mean: [Double], measured deviations: [Double]) {
    self.init(mean: mean, std: deviations.map { $0 > 1e-6 ? $0 : 1 })
  }
}
