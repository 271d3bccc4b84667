import RandomStreams
import TorchCore

/// W h + b.
final class LinearBranch: Branch {
  private let linear: Linear

  init(site: String, _ network: NetworkDescription, stream: RandomStream) throws {
    linear = try Linear(
      site: "\(site).linear", inputs: network.width, outputs: network.width,
      budget: network.branchBudget, constraint: network.constraint,
      initialization: network.denseInitialization(isLast: false, blocks: network.depth), stream: stream.stream("linear")
    )
  }

  var linears: [Linear] { [linear] }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor { try passage.transform(linear, h) }

  func deployed(_ passage: Passage) throws -> [Stage] { [try passage.deployed(linear)] }

  func visit(_ members: inout Members) { members.child("linear", linear) }
}
