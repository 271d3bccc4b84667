import Foundation
import Lipschitz
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct AttenuationTests {
  init() throws { try Torch.setThreads(1) }

  @Test func tiny() throws {
    let record = try tinyRun(AttenuationStudy())
    #expect(record.criteria[0].outcome == .met, "\(record.criteria[0].detail)")
    #expect(
      record.criteria[0].detail.contains("1.5^20 = 3325") && record.criteria[0].detail.contains("0.99^100 = 0.366"))
  }

  @Test func chainsOfScalarMaps() throws {
    #expect(try AttenuationStudy.gradient(0.5, layers: 20, isResidual: false) == pow(2, -20))
    #expect(abs(try AttenuationStudy.gradient(0.5, layers: 20, isResidual: true) - 3_325.256730079651) < 1e-9)
    #expect(abs(try AttenuationStudy.gradient(-0.25, layers: 2, isResidual: true) - 0.5625) < 1e-15)
    #expect(try AttenuationStudy.gradient(7, layers: 0, isResidual: false) == 1)
  }

  /// Per block, g_l = (I + J_F)ᵀ g_{l+1} with the branch's dense Jacobian of each sample.
  @Test func gainsAreThoseOfExplicitMatrices() throws {
    let toy = try SignalToy(.preActivation)
    let flow = try SignalGradients(toy.network, toy.pixels, labels: toy.labels)
    let passage = Passage(adapter: nil, mode: .evaluation)
    let gains = try flow.branchGains()
    #expect(flow.states.count == 5 && gains.count == 4)
    for (index, block) in toy.network.trunk.blocks.enumerated() {
      var (branch, whole) = (0.0, 0.0)
      for sample in 0..<5 {
        let h = try flow.states[index].narrowed(0, from: sample, count: 1)
        let g = try flow.gradients[index + 1].narrowed(0, from: sample, count: 1)
        let back = try g.matmul(jacobian(at: h) { try block.branch.forward($0, passage) })
        branch += try back.squared().sum().item()
        whole += try (back + g - flow.gradients[index].narrowed(0, from: sample, count: 1)).squared().sum().item()
      }
      let expected = try branch.squareRoot() / flow.gradients[index + 1].norm().item()
      #expect(abs(gains[index] - expected) < 1e-12 * expected)
      #expect(whole.squareRoot() < 1e-12)
    }
  }
}
