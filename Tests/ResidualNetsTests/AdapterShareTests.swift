import RandomStreams
import Testing

@testable import ResidualNets

/// Parameters per task on a ResNet-26 against the published shares of the trunk's 3×3 weights: 12.1 % in series, 11.2 %
/// in parallel (Rebuffi et al. 2017, 2018).
///
/// Theirs has a stem of 32 channels, then four blocks of two 3×3 convolutions with 64, 128 and 256 channels, shortcuts
/// without weights, a norm behind every convolution and, in series, another in front of every A. Ours has a stem of 64.
@Suite struct AdapterShareTests {
  private let channels = [64, 128, 256]

  /// Theirs from the closed forms alone: 9·in·out a convolution; in·out or out² an adapter; two vectors a norm.
  @Test func theClosedFormsGiveThePublishedShares() {
    var (spatial, parallel, series, norms) = (0, 0, 0, 0)
    var inputs = 32
    for outputs in channels {
      for _ in 0..<8 {
        spatial += 9 * inputs * outputs
        parallel += inputs * outputs
        series += outputs * outputs
        norms += 2 * outputs
        inputs = outputs
      }
    }
    #expect(percent(parallel + norms, of: spatial) == 112)
    #expect(percent(series + 2 * norms, of: spatial) == 121)
  }

  @Test func ourResNet26HasThem() throws {
    let network = NetworkDescription(depth: 26, width: 64, block: .postActivation, shortcut: .pooled)
    let trunk = try network.makeTrunk(
      inputShape: [3, 16, 16], statistics: .init(mean: [0, 0, 0], std: [1, 1, 1]), stream: RandomStream(seed: 1))
    let pairs = [(3, 64)] + zip([64] + channels, channels).flatMap { [($0, $1)] + Array(repeating: ($1, $1), count: 7) }
    let norms = 2 * pairs.reduce(0) { $0 + $1.1 }
    let spatial = 9 * pairs.reduce(0) { $0 + $1.0 * $1.1 }
    #expect(trunk.spatialWeightCount == spatial)

    let parallel = try Adapter(for: trunk, .init(kind: .parallel), stream: RandomStream(seed: 1)).parameterCount
    #expect(parallel == spatial / 9 + norms)
    #expect(percent(parallel, of: spatial) == 112)

    let series = try Adapter(for: trunk, .init(kind: .series), stream: RandomStream(seed: 1)).parameterCount
    #expect(series == pairs.reduce(0) { $0 + $1.1 * $1.1 } + norms)
    #expect(percent(series, of: spatial) == 120, "without the norm in front of A")
    #expect(percent(series + norms, of: spatial) == 121, "with it")
  }

  /// In tenths of a per cent, rounded.
  private func percent(_ part: Int, of whole: Int) -> Int { Int((1000 * Double(part) / Double(whole)).rounded()) }
}
