import RandomStreams
import TorchCore

/// W₂ φ(W₁ φ(h)), or without the first φ.
final class DenseBranch: Branch {
  private let site: String
  private let linear1: Linear
  private let linear2: Linear
  private let activatesFirst: Bool
  /// φ.
  private let activation: Activation

  init(site: String, _ network: NetworkDescription, stream: RandomStream) throws {
    self.site = site
    activatesFirst = network.block.activatesFirst
    activation = network.activation
    func layer(_ number: Int) throws -> Linear {
      try Linear(
        site: "\(site).linear\(number)", inputs: network.width, outputs: network.width,
        budget: network.branchBudget, constraint: network.constraint,
        initialization: network.denseInitialization(isLast: number == 2, blocks: network.depth),
        stream: stream.stream("linear\(number)"))
    }
    linear1 = try layer(1)
    linear2 = try layer(2)
  }

  var linears: [Linear] { [linear1, linear2] }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let x = activatesFirst ? try activation.apply(h) : h
    return try passage.transform(linear2, activation.apply(passage.transform(linear1, x)))
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let layers = try [passage.deployed(linear1), activation.stage("\(site).", 2), passage.deployed(linear2)]
    return (activatesFirst ? [activation.stage("\(site).", 1)] : []) + layers
  }

  func visit(_ members: inout Members) {
    members.child("linear1", linear1)
    members.child("linear2", linear2)
  }
}
