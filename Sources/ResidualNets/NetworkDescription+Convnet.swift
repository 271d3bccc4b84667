extension NetworkDescription {
  /// One layer of a convnet: a zero-padded square convolution, φ, and perhaps a max pool.
  public struct Convolution: Sendable, Hashable, Codable {
    /// Of the output.
    public var channels: Int
    /// Side of the window.
    public var kernel: Int
    public var stride: Int
    /// Zeros on each side of the image.
    public var padding: Int
    /// Side and stride of the max pool behind φ; 1 is none.
    public var pool: Int

    /// - Parameter padding: nil is ⌊kernel / 2⌋, which keeps every window's centre inside the image.
    public init(channels: Int, kernel: Int = 3, stride: Int = 1, padding: Int? = nil, pool: Int = 1) {
      self.channels = channels
      self.kernel = kernel
      self.stride = stride
      self.padding = padding ?? kernel / 2
      self.pool = pool
    }
  }

  /// conv16-32: two convolutions that halve the image, with ``usualHidden`` the usual small network of robust training
  /// on MNIST (Wong et al. 2020).
  public static let usualConvolutions = [16, 32].map { Convolution(channels: $0, kernel: 4, stride: 2, padding: 1) }
  /// fc100.
  public static let usualHidden = [100]

  /// Depth and width of a convnet: how many layers it lists, and the width of the widest.
  public var listedSize: (depth: Int, width: Int) { Self.listedSize(convolutions, hidden) }

  static func listedSize(_ convolutions: [Convolution], _ hidden: [Int]) -> (depth: Int, width: Int) {
    (convolutions.count + hidden.count, (convolutions.map(\.channels) + hidden).max() ?? 0)
  }

  /// The description with every layer of a convnet narrowed (or widened) in the same proportion, to at least one
  /// channel, so that the widest has this width; of other networks just with this width.
  public func ofWidth(_ width: Int) -> NetworkDescription {
    var description = self
    description.width = width
    guard architecture == .convnet, self.width > 0 else { return description }
    // MaxMin takes channels in pairs.
    let unit = activation == .maxMin ? 2 : 1
    func scaled(_ channels: Int) -> Int { max(unit, channels * width / self.width / unit * unit) }
    for index in convolutions.indices {
      description.convolutions[index].channels = scaled(convolutions[index].channels)
    }
    description.hidden = hidden.map(scaled)
    (description.depth, description.width) = description.listedSize
    return description
  }

  /// What can only be known with the images at hand.
  /// - Throws: `DescriptionError` that names the first convolution or pool whose window is larger than its image.
  func validateConvnet(inputShape: [Int]) throws {
    guard inputShape.count == 3 else {
      throw DescriptionError("a convnet takes channels × height × width, not \(inputShape)")
    }
    var size = Array(inputShape[1...])
    for (index, it) in convolutions.enumerated() {
      let place = "network.convolutions, layer \(index + 1) of \(convolutions.count)"
      guard size.allSatisfy({ $0 + 2 * it.padding >= it.kernel }) else {
        throw DescriptionError(
          "\(place): a kernel of \(it.kernel)×\(it.kernel) is larger than its image of \(size[0])×\(size[1]) with padding "
            + "\(it.padding)")
      }
      size = size.map { ($0 + 2 * it.padding - it.kernel) / it.stride + 1 }
      guard size.allSatisfy({ $0 >= it.pool }) else {
        throw DescriptionError(
          "\(place): a pool of \(it.pool)×\(it.pool) is larger than its image of \(size[0])×\(size[1])")
      }
      size = size.map { $0 / it.pool }
    }
  }

  func validateConvnet(_ require: (Bool, @autoclosure () -> String) throws -> Void) throws {
    guard architecture == .convnet else {
      try require(
        convolutions == Self.usualConvolutions && hidden == Self.usualHidden,
        "convolutions and hidden list the layers of a convnet: leave them out, or set architecture to convnet")
      return
    }
    try require(
      (1...Convolution.most).contains(convolutions.count) && hidden.count <= Convolution.most,
      "a convnet has 1 to \(Convolution.most) convolutions and at most as many hidden layers, not "
        + "\(convolutions.count) and \(hidden.count)")
    for (index, it) in convolutions.enumerated() {
      func limit(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
        try require(
          range.contains(value),
          "\(name) of convolution \(index + 1) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
      }
      try limit("channels", it.channels, Convolution.channelRange)
      try limit("kernel", it.kernel, Convolution.windowRange)
      try limit("stride", it.stride, Convolution.windowRange)
      try limit("padding", it.padding, 0...(it.kernel - 1))
      try limit("pool", it.pool, Convolution.windowRange)
    }
    for width in hidden {
      try require(
        Convolution.channelRange.contains(width),
        "a hidden layer must have a width of 1 to \(Convolution.channelRange.upperBound), not \(width)")
    }
    try require(
      (depth, width) == listedSize,
      "a convnet's convolutions and hidden say how deep and wide it is: leave depth and width out")
    try require(
      norm == .none && block == .plain, "a convnet has no norm and no shortcuts: set norm to none and block to plain")
    try require(
      activation == .relu || (convolutions.map(\.channels) + hidden).allSatisfy { $0.isMultiple(of: 2) },
      "MaxMin takes channels in pairs: list even numbers of channels and hidden widths")
  }
}

extension NetworkDescription.Convolution {
  public static let channelRange = 1...4096
  /// Of kernels, strides and pools.
  public static let windowRange = 1...64
  /// How many layers of a kind a convnet may list.
  public static let most = 100
}
