import TorchCore

/// Mean and variance of each channel over a batch of which every rank has a share, and the gradient through them.
///
/// Each share gives its count, sum and sum of squares, the latter two from its own mean and variance, in double
/// precision, in which nothing is lost by taking the mean from the squares.
struct SharedStatistics {
  /// Values of a channel in the whole batch.
  let count: Double
  /// C each, on the share's device and of its type, or fp32 where that is bfloat16; the variance is Σ(x − mean)² / count.
  let mean: Tensor
  let variance: Tensor
  private let sharing: any BatchSharing

  /// - Parameter x: the share, N×C×H×W or N×C; not empty.
  /// - Throws: what `sharing` throws, `TorchError`.
  init(of x: Tensor, _ sharing: any BatchSharing) throws {
    let x = try Precision.statistics(of: x.detached())
    let channels = x.size(1)
    let own = Double(x.count / channels)
    let ownMean = try x.mean(x.besidesChannels, keepingDimensions: true)
    let ownVariance = try (x - ownMean).squared().mean(x.besidesChannels).doublesOnCPU()
    let doubleMean = try ownMean.doublesOnCPU().reshaped([channels])
    let moments = try Tensor.stacked([doubleMean, ownVariance + doubleMean.squared()]) * own
    var values = try [own] + moments.doubles()
    try sharing.sum(&values)

    self.sharing = sharing
    count = values[0]
    let sums = try Tensor(Array(values[1...]), [2, channels]) / count
    let mean = try sums.narrowed(0, from: 0, count: 1).reshaped([channels])
    let squares = try sums.narrowed(0, from: 1, count: 1).reshaped([channels])
    variance = try (squares - mean.squared()).relu().to(x.dtype).to(x.device)
    self.mean = try mean.to(x.dtype).to(x.device)
  }

  /// The share as it is. A gradient g that arrives at it, taken with mean and variance held still, goes on as the one
  /// through them too: g − Σg / count − x̂ Σ(g x̂) / count, with sums over all shares and
  /// x̂ = (x − mean) / √(variance + ε). Source: Ioffe and Szegedy 2015, section 3. Through an empty share goes none.
  func passing(_ x: Tensor, epsilon: Double) throws -> Tensor {
    let share = try x.reshaped(x.shape)
    guard share.requiresGradient else { return share }
    let x = try x.detached()
    try share.replacingGradient { try gradient($0, Precision.statistics(of: x), epsilon: epsilon).to(x.dtype) }
    return share
  }

  private func gradient(_ g: Tensor, _ x: Tensor, epsilon: Double) throws -> Tensor {
    let normalized = try (x - perChannel(mean, x)) * perChannel((variance + epsilon).rsqrt(), x)
    let own = try Tensor.stacked([g.sum(x.besidesChannels), (g * normalized).sum(x.besidesChannels)])
    var values = try own.doubles()
    try sharing.sum(&values)
    guard !sharing.isEmpty else { return try g.zerosLike() }
    let means = try (Tensor(values, own.shape) / count).to(x.dtype).to(x.device)
    let offset = try perChannel(means.narrowed(0, from: 0, count: 1), x)
    let slope = try perChannel(means.narrowed(0, from: 1, count: 1), x)
    return try g - offset - normalized * slope
  }

  /// C values in a shape that goes with x.
  private func perChannel(_ values: Tensor, _ x: Tensor) throws -> Tensor {
    try values.reshaped([1, x.size(1)] + x.shape.dropFirst(2).map { _ in 1 })
  }
}

extension Tensor {
  /// All dimensions but that of the channels.
  fileprivate var besidesChannels: [Int] { [0] + shape.indices.dropFirst(2) }
}
