import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import TorchCore

/// log₁₀ of E h² and of ‖∂h_l/∂h₀‖ by depth. Source: Hanin & Rolnick 2018; Zhang et al. 2019.
extension DriftStudy {
  /// How variance and Jacobian norm go with depth, the mean of log₁₀ over several networks.
  struct DriftCourse {
    /// Depths looked at, in layers.
    let layers: [Double]
    let variance: [Double]
    let jacobian: [Double]

    @TorchActor init(
      _ kind: DriftStudy.Kind, _ setting: StudySetting, _ stream: RandomStream, width: Int? = nil
    ) throws {
      let images = try setting.images(side: 8, train: 256, test: setting.choose(tiny: 4, quick: 16, full: 64))
      let pixels = try images.test.pixels.to(.float64)
      let blocks = setting.choose(tiny: 10, quick: 100, full: 500)
      let depths = (0...10).map { $0 * blocks / 10 }
      let description = kind.description(blocks: blocks, width: width ?? setting.choose(tiny: 16, quick: 32, full: 64))
      let networks = setting.choose(tiny: 4, quick: 16, full: 32)
      layers = depths.map { Double(2 * $0) }
      var (variances, norms) = ([[Double]](), [[Double]]())
      for index in 0..<networks {
        let network = try images.freshNetwork(description, stream.stream(index))
        try network.becomeFloat64()
        let chain = NetworkChain(network)
        let states = try withoutGradients { try chain.states(pixels) }
        variances.append(try depths.map { log10(try states[$0].squared().mean().item()) })
        guard width == nil else { continue }
        let sample = try states[0].narrowed(0, from: 0, count: 1)
        norms.append(
          try depths.map { depth in
            log10(
              try singularValues(at: sample) { h in try chain.steps.prefix(depth).reduce(h) { try $1.apply($0) } }[0])
          })
      }
      variance = Self.average(variances)
      jacobian = norms.isEmpty ? [] : Self.average(norms)
    }

    private static func average(_ curves: [[Double]]) -> [Double] {
      curves[0].indices.map { place in
        // Equal values average to themselves, where a sum would round.
        let values = curves.map { $0[place] - $0[0] }
        return Statistics.mean(values) + curves[0][0]
      }
    }

    var varianceRate: Double { rate(variance) }
    var jacobianRate: Double { rate(jacobian) }

    /// Decades per 100 layers over the deeper half.
    private func rate(_ logarithms: [Double]) -> Double {
      let half = logarithms.count / 2
      return 100 * Statistics.slope(Array(logarithms[half...]), at: Array(layers[half...]))
    }

    /// Decades of variance per 100 layers in the last stage of a pre-activation network with group norm.
    @TorchActor static func normalizedRate(_ setting: StudySetting, _ stream: RandomStream) throws -> Double {
      let images = try setting.images(side: 8, train: 256, test: setting.choose(tiny: 2, quick: 8, full: 32))
      let description = NetworkDescription(
        depth: setting.choose(tiny: 14, quick: 110, full: 1_202), width: setting.choose(tiny: 2, quick: 8, full: 16),
        initialization: .he, norm: .group)
      let network = try images.freshNetwork(description, stream)
      let states = try withoutGradients { try NetworkChain(network).states(images.test.pixels) }
      let last = states.suffix((description.depth - 2) / 6)
      return 100
        * Statistics.slope(
          try last.map { log10(try $0.squared().mean().item()) }, at: last.indices.map { Double(2 * $0) })
    }
  }
}
