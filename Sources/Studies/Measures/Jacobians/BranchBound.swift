import OperatorNorms
import ResidualNets
import TorchCore

extension Trunk {
  /// A rigorous upper bound on L_F of every branch of fully connected layers and ReLUs: the product of its layers'
  /// operator norms, the largest over the blocks.
  func branchLipschitzBound() throws -> Double {
    try blocks.map { block in
      try block.branch.linears.reduce(1) {
        try $0 * OperatorNorm.upperBound(ofMatrix: $1.effectiveWeight(.evaluation))
      }
    }.max() ?? 0
  }
}
