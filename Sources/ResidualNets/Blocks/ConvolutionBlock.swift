import TorchCore

/// h ← pool(φ(W ∗ h + b)): a layer of a plain convolutional network.
final class ConvolutionBlock: AssembledBlock {
  let parts: BlockParts
  /// φ.
  private let activation: Activation
  /// Side and stride of the max pool; 1 is none.
  private let pool: Int

  init(_ parts: BlockParts, activation: Activation, pool: Int) {
    self.parts = parts
    self.activation = activation
    self.pool = pool
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let x = try activation.apply(branch.forward(h, passage))
    return pool == 1 ? x : try x.maxPool2d(kernel: pool, stride: pool)
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try branch.deployed(passage) + [activation.stage("\(site).")]
      + (pool == 1 ? [] : [Stage("\(site).maxpool", .maxPool(kernel: pool, stride: pool, padding: 0))])
  }
}
