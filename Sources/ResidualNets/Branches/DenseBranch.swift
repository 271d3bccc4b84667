import RandomStreams
import TorchCore

/// W₂ φ(W₁ φ(h)), or without the first φ.
final class DenseBranch: Branch {
  private let site: String
  private let linear1: Linear
  private let linear2: Linear
  private let activatesFirst: Bool

  init(site: String, _ network: NetworkDescription, stream: RandomStream) throws {
    self.site = site
    activatesFirst = network.block.activatesFirst
    func layer(_ number: Int) throws -> Linear {
      try Linear(
        site: "\(site).linear\(number)", inputs: network.width, outputs: network.width, budget: network.branchBudget,
        initialization: network.denseInitialization(isLast: number == 2, blocks: network.depth),
        stream: stream.stream("linear\(number)"))
    }
    linear1 = try layer(1)
    linear2 = try layer(2)
  }

  var linears: [Linear] { [linear1, linear2] }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let x = activatesFirst ? try h.relu() : h
    return try passage.transform(linear2, passage.transform(linear1, x).relu())
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let layers = try [passage.deployed(linear1), Stage("\(site).relu2", .relu), passage.deployed(linear2)]
    return (activatesFirst ? [Stage("\(site).relu1", .relu)] : []) + layers
  }

  func visit(_ members: inout Members) {
    members.child("linear1", linear1)
    members.child("linear2", linear2)
  }
}
