import ResidualNets
import TorchCore

extension NetworkChain {
  /// A trained network as a chain of its blocks.
  /// - Parameters:
  ///   - network: as it stands; later training is seen.
  ///   - mode: in training mode norms use the batch's own statistics, so samples mix; then only what sums over samples,
  ///     such as ``gradientNorms(_:labels:)``, has a meaning, and that of the batch's loss.
  public init(_ network: TaskNetwork, _ mode: Mode = .evaluation) {
    let passage = Passage(adapter: network.adapter, mode: mode)
    self.init(
      embed: { try network.trunk.embed($0, passage) },
      steps: network.trunk.blocks.map { block in
        Step(name: block.site, keepsShape: block.keepsShape) { try block.forward($0, passage) }
      },
      readout: { try network.logits(features: network.trunk.readout($0, passage), mode) })
  }
}
