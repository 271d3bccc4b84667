/// What a network is, as a value: enough to build it again, stored with its weights.
public struct NetworkDescription: Sendable, Hashable, Codable {
  public enum Family: String, Sendable, Hashable, Codable, CaseIterable {
    /// CIFAR-style residual network of depth 6n+2, pre-activation (He 2016b).
    case preActivationResNet = "preact-resnet"
    /// The same with activation after the addition (He 2016a).
    case postActivationResNet = "resnet"
    /// A residual network of fully connected layers; `depth` counts its blocks.
    case residualMLP = "residual-mlp"
  }

  public enum NormKind: String, Sendable, Hashable, Codable, CaseIterable {
    case batch, group, none
  }

  public enum Readout: String, Sendable, Hashable, Codable, CaseIterable {
    /// The mean over positions goes to the head.
    case pooled
    /// Every position goes to the head: more parameters, and a signal that averaging does not shrink.
    case flattened
  }

  public var family: Family
  /// 6n+2 for the residual networks: 8, 14, 20, …; the number of blocks for the MLP.
  public var depth: Int
  /// Channels of the first stage (doubled in the second, quadrupled in the third), or the MLP's width.
  public var width: Int
  public var norm: NormKind
  public var readout: Readout
  /// The largest operator norm of each layer inside a residual branch; nil leaves the network free. Layers outside the
  /// branches (stem, shortcuts) are then kept at norm 1.
  public var branchBudget: Double?
  /// The largest norm of the head under a branch budget. Certified radii do not depend on it; it sets how hard the loss
  /// presses for margins: a small one presses for wide margins on every sample.
  public var headBudget: Double

  public init(
    family: Family = .preActivationResNet, depth: Int = 8, width: Int = 8, norm: NormKind = .batch,
    readout: Readout = .pooled, branchBudget: Double? = nil, headBudget: Double = 16
  ) {
    self.family = family
    self.depth = depth
    self.width = width
    self.norm = norm
    self.readout = readout
    self.branchBudget = branchBudget
    self.headBudget = headBudget
  }

  /// - Throws: `DescriptionError` that says which value does not fit and what would.
  public func validate() throws {
    guard width >= 1, width <= 4096 else { throw DescriptionError("width must be 1 to 4096, not \(width)") }
    switch family {
    case .preActivationResNet, .postActivationResNet:
      guard depth >= 8, (depth - 2) % 6 == 0, depth <= 6002 else {
        throw DescriptionError("depth of a residual network must be 6n+2 (8, 14, 20, …, 6002), not \(depth)")
      }
    case .residualMLP:
      guard depth >= 1, depth <= 1000 else {
        throw DescriptionError("depth of a residual MLP counts blocks, 1 to 1000, not \(depth)")
      }
      guard norm == .none else { throw DescriptionError("a residual MLP has no norm: set norm to none") }
    }
    if let branchBudget {
      guard branchBudget > 0, branchBudget.isFinite, headBudget > 0, headBudget.isFinite else {
        throw DescriptionError("norm budgets must be positive numbers")
      }
      guard norm == .none else {
        throw DescriptionError(
          "a branch budget bounds the convolutions, and a norm behind them would undo it: set norm to none")
      }
    }
  }
}

/// A description that no network fits.
public struct DescriptionError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
