import ResidualNets
import TorchCore

extension Trunk {
  /// An upper bound, known before training, on the L2 Lipschitz constant from pixels to features of this trunk with
  /// *any* adapter of a description that has a budget c.
  ///
  /// To the norm of a deployed layer a parallel correction adds at most c times the norms folded around it, a series
  /// one c·‖W‖ times these; each block of a side path multiplies by 1 + c. What rounding the merged weights may add is
  /// included. The head's norm is the task's own and known when it is trained; certified radii do not depend on it.
  /// - Throws: `DescriptionError` for an adapter without a budget; ``LipschitzError`` for a trunk that has no bound.
  public func statedFeatureBound(for adapter: AdapterDescription) throws -> Double {
    let stages = try statedBody(adapter)
    var shape = SampleShape(lengths: inputShape)
    return try withoutGradients { try StageBounding(powerIterations: 0).bound(stages, shape: &shape).composed }
  }
}
