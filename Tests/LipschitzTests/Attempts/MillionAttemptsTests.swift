import Foundation
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// Attempts to change the answers of trained networks inside certified radii: 10⁵ always, 10⁶ where the environment
/// variable STEADFAST_MILLION_ATTEMPTS is set.
@TorchActor @Suite struct MillionAttemptsTests {
  nonisolated private static let isLong = ProcessInfo.processInfo.environment["STEADFAST_MILLION_ATTEMPTS"] != nil

  private func bound(_ network: DeployedNetwork, _ kind: TrainedKind) throws -> NetworkBound {
    var settings = PerceptronSettings.only(.multipliers, .product)
    settings.tolerance = 1e-4
    return try network.lipschitzBound(tightening: kind.isPerceptron ? settings : nil)
  }

  /// None succeeds, of any kind of network, with any kind of certificate.
  @Test func noAttemptSucceedsInsideACertifiedRadius() throws {
    try Torch.setThreads(1)
    let digits = try Digits()
    let (pixels, labels) = try digits.sample(30)
    let stream = RandomStream(seed: 1).stream("attempts")
    var total = Attempts()
    for kind in TrainedKind.allCases {
      let network = try kind.network(digits)
      let claims = try Claim.all(network, bound(network, kind), pixels, labels, name: kind.rawValue)
      #expect(claims.count >= 4, "\(kind.rawValue): only \(claims.map(\.name)) have radii")
      for claim in claims {
        var attempts = Attempts()
        try attempts.attack(claim, of: network, Self.isLong ? .long : .init(), stream)
        #expect(attempts.successes == 0, "\(claim.name): \(attempts.successes) of \(attempts.count)")
        print(
          "\(claim.name): \(claim.radii.count) images, median radius \(median(claim.radii)), "
            + "\(attempts.successes) of \(attempts.count) attempts succeed, \(attempts.outside) fell outside")
        total.add(attempts)
      }
    }
    print("in all \(total.successes) of \(total.count) attempts succeed: \(total.ways)")
    #expect(total.count >= (Self.isLong ? 1_000_000 : 100_000), "\(total.count)")
    #expect(total.successes == 0)
  }

  /// The same attempts find adversarials where the radii are those of half the bound, and where local ones are doubled.
  @Test(arguments: [TrainedKind.linear, .sorting]) func aHalvedBoundIsCaught(kind: TrainedKind) throws {
    try Torch.setThreads(1)
    let digits = try Digits()
    let (pixels, labels) = try digits.sample(30)
    let stream = RandomStream(seed: 1).stream("attempts")
    let network = try kind.network(digits)
    let bound = try bound(network, kind)
    let halved = try certify(network, bound: bound.scaled(by: 0.5), pixels: pixels, labels: labels)
    let wrong = try #require(
      try Claim("half the bound", .l2, isInBox: false, halved.samples.map(\.radiusL2), pixels, labels))
    let claims = try Claim.all(network, bound, pixels, labels, name: "doubled", [.realArithmetic])
    for claim in [wrong] + claims.map({ $0.scaled(by: 2) }) {
      var attempts = Attempts()
      try attempts.attack(claim, of: network, .init(), stream)
      print(
        "\(kind.rawValue): \(claim.name), twice too large: \(attempts.successes) of \(attempts.count), \(attempts.ways)"
      )
      #expect(attempts.successes > 0, "\(claim.name): none of \(attempts.count) attempts shows that it is wrong")
    }
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
