import Lipschitz
import RandomStreams
import ResidualNets
import TorchCore

/// The share of variance ‖QQᵀx‖² / ‖x‖² that principal components keep. Source: linear algebra.
extension ProjectionStudy {
  /// How much variance of the windows that a network's first narrowing shortcut sees lies in its row space.
  struct ShortcutVariance {
    let principal: Double
    let random: Double

    @TorchActor init(_ setting: StudySetting, _ stream: RandomStream) throws {
      let images = try setting.images(
        side: 8, train: setting.choose(tiny: 24, quick: 500, full: 5_000),
        test: setting.choose(tiny: 8, quick: 250, full: 5_000))
      let description = NetworkDescription(
        width: setting.choose(tiny: 2, quick: 8, full: 16), shortcut: .principalComponents)
      let network = try images.freshNetwork(description, stream)
      try network.trunk.fit(to: images.train.pixels)
      guard let place = network.trunk.blocks.firstIndex(where: { $0.shortcut != nil }),
        let shortcut = network.trunk.blocks[place].shortcut,
        let kernel = Members(of: shortcut).parameters["0.weight"]?.value
      else { throw StudyError.unusable("the network has no narrowing shortcut") }
      let weight = try kernel.detached().to(.float64).flattened()
      let state = try withoutGradients { try NetworkChain(network).states(images.test.pixels)[place] }
      let windows = try shortcut.windows(of: state)
      principal = try ShortcutProjection.keptVariance(weight, windows)
      random = try ShortcutProjection.keptVariance(
        ShortcutProjection.random(outputs: weight.size(0), inputs: weight.size(1), stream.stream("random")), windows)
    }
  }
}
