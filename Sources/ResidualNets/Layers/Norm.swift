import TorchCore

/// A normalisation of channels that a block may use.
public protocol Norm: Module {
  /// Where this layer sits in its network.
  var site: String { get }
  /// - Parameter sharing: those who share the batch; nil where it is all here.
  func forward(_ x: Tensor, _ mode: Mode, _ sharing: (any BatchSharing)?) throws -> Tensor
  /// The ReLU of `forward`.
  func activated(_ x: Tensor, _ mode: Mode, _ sharing: (any BatchSharing)?) throws -> Tensor
  /// A norm of its own with the same values, for a task's adapter.
  func copy() throws -> any Norm
  /// Makes the scale zero, so that nothing passes until it is learned.
  func startAtZero() throws
  /// What the norm is in evaluation.
  func deployed() throws -> DeployedNorm
}

extension Norm {
  public func forward(_ x: Tensor, _ mode: Mode) throws -> Tensor { try forward(x, mode, nil) }

  public func activated(_ x: Tensor, _ mode: Mode, _ sharing: (any BatchSharing)?) throws -> Tensor {
    try forward(x, mode, sharing).relu()
  }
}

extension Tensor {
  /// The mean of this and another tensor, weighted 1 − share and share, in place of this one.
  fileprivate func move(towards other: Tensor, by share: Double) throws {
    try assign(self * (1 - share) + other * share)
  }
}

/// A norm in evaluation.
public enum DeployedNorm {
  /// scale ⊙ x + shift per channel, in double precision; both C.
  case affine(scale: Tensor, shift: Tensor)
  /// Depends on the sample, so it stays an operation of its own.
  case operation(Operation)
}

/// Batch normalisation (Ioffe & Szegedy 2015) over N, H and W, of all shares where several share a batch.
public final class BatchNorm2d: Norm {
  public static let momentum = 0.1
  public static let epsilon = 1e-5

  public let site: String
  public let weight: Parameter
  public let bias: Parameter
  public let runningMean: Buffer
  public let runningVariance: Buffer

  public convenience init(site: String, channels: Int) throws {
    try self.init(
      site: site, weight: Tensor.ones([channels]), bias: Tensor.zeros([channels]), mean: Tensor.zeros([channels]),
      variance: Tensor.ones([channels]))
  }

  private init(site: String, weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) throws {
    self.site = site
    self.weight = try Parameter(weight)
    self.bias = try Parameter(bias)
    runningMean = try Buffer(mean)
    runningVariance = try Buffer(variance)
  }

  /// - Throws: `DescriptionError` in training on a batch that has one value per channel: its variance means nothing.
  public func forward(_ x: Tensor, _ mode: Mode, _ sharing: (any BatchSharing)?) throws -> Tensor {
    try normalize(x, mode, sharing, activating: false)
  }

  public func activated(_ x: Tensor, _ mode: Mode, _ sharing: (any BatchSharing)?) throws -> Tensor {
    try normalize(x, mode, sharing, activating: true)
  }

  private func normalize(
    _ x: Tensor, _ mode: Mode, _ sharing: (any BatchSharing)?, activating: Bool
  ) throws -> Tensor {
    let learns = mode == .training && !runningMean.isPinned
    if learns, let sharing { return try normalizeShare(x, sharing, activating: activating) }
    try requireVariance(!learns || x.count > x.size(1))
    return try x.batchNorm(
      weight: weight.value, bias: bias.value, mean: runningMean.value, variance: runningVariance.value,
      training: learns, momentum: Self.momentum, epsilon: Self.epsilon,
      activating: activating)
  }

  /// As in evaluation, with the statistics of the whole batch, through which the gradient then passes too.
  private func normalizeShare(_ x: Tensor, _ sharing: any BatchSharing, activating: Bool) throws -> Tensor {
    let statistics = try SharedStatistics(of: x, sharing)
    try requireVariance(statistics.count > 1)
    try runningMean.value.move(towards: statistics.mean, by: Self.momentum)
    // The variance is the population's in the norm and the sample's in what is kept, as libtorch has it.
    let unbiased = try statistics.variance * (statistics.count / (statistics.count - 1))
    try runningVariance.value.move(towards: unbiased, by: Self.momentum)
    return try statistics.passing(x, epsilon: Self.epsilon).batchNorm(
      weight: weight.value, bias: bias.value, mean: statistics.mean, variance: statistics.variance, training: false,
      momentum: Self.momentum, epsilon: Self.epsilon, activating: activating)
  }

  private func requireVariance(_ hasOne: Bool) throws {
    guard hasOne else {
      throw DescriptionError(
        "batch norm '\(site)' sees one value per channel and cannot learn from it: it needs more images at a time, "
          + "larger ones where it stands among convolutions, or group norm in its place")
    }
  }

  public func startAtZero() throws { try weight.value.assign(weight.value.zerosLike()) }

  public func copy() throws -> any Norm {
    try BatchNorm2d(
      site: site, weight: weight.value.clone(), bias: bias.value.clone(), mean: runningMean.value.clone(),
      variance: runningVariance.value.clone())
  }

  public func deployed() throws -> DeployedNorm {
    let scale = try weight.value.to(.float64) * (runningVariance.value.to(.float64) + Self.epsilon).rsqrt()
    let shift = try bias.value.to(.float64) - runningMean.value.to(.float64) * scale
    return .affine(scale: scale, shift: shift)
  }

  public func visit(_ members: inout Members) {
    members.parameter("weight", weight)
    members.parameter("bias", bias)
    members.buffer("running_mean", runningMean)
    members.buffer("running_var", runningVariance)
  }
}

/// Group normalisation (Wu & He 2018): statistics of each sample over groups of channels.
public final class GroupNorm: Norm {
  public static let epsilon = 1e-5

  public let site: String
  public let groups: Int
  public let weight: Parameter
  public let bias: Parameter

  public convenience init(site: String, channels: Int, groups: Int) throws {
    try self.init(site: site, groups: groups, weight: Tensor.ones([channels]), bias: Tensor.zeros([channels]))
  }

  private init(site: String, groups: Int, weight: Tensor, bias: Tensor) throws {
    self.site = site
    self.groups = groups
    self.weight = try Parameter(weight)
    self.bias = try Parameter(bias)
  }

  public func forward(_ x: Tensor, _ mode: Mode, _ sharing: (any BatchSharing)?) throws -> Tensor {
    try x.groupNorm(groups: groups, weight: weight.value, bias: bias.value, epsilon: Self.epsilon)
  }

  public func startAtZero() throws { try weight.value.assign(weight.value.zerosLike()) }

  public func copy() throws -> any Norm {
    try GroupNorm(site: site, groups: groups, weight: weight.value.clone(), bias: bias.value.clone())
  }

  public func deployed() throws -> DeployedNorm {
    try .operation(
      .groupNorm(
        groups: groups, weight: weight.value.detached(), bias: bias.value.detached(), epsilon: Self.epsilon))
  }

  public func visit(_ members: inout Members) {
    members.parameter("weight", weight)
    members.parameter("bias", bias)
  }
}
