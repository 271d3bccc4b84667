import Foundation
import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// F(h) in place of F(h, l): all blocks of one shape have the same branch.
@TorchActor
@Suite struct SharedBranchTests {
  nonisolated static let cases = [
    NetworkDescription(architecture: .mlp, depth: 4, width: 5, block: .forwardEuler, norm: .none),
    NetworkDescription(architecture: .mlp, depth: 3, width: 5, block: .highway, norm: .none),
    NetworkDescription(depth: 20, width: 3, norm: .none),
    NetworkDescription(depth: 14, width: 4, block: .scaled, norm: .group, dynamics: .init(alpha: 0.7, beta: 0.2)),
    NetworkDescription(depth: 14, width: 4, block: .backwardEuler, norm: .group, dynamics: .init(step: 0.2)),
    NetworkDescription(architecture: .resnet34, depth: 34, width: 2, block: .forwardEuler, norm: .group),
  ]

  private func pair(_ description: NetworkDescription) throws -> (shared: TaskNetwork, own: TaskNetwork) {
    var sharing = description
    sharing.dynamics.shared = true
    let stream = RandomStream(seed: 6)
    let shared = try NetworkCase(description: sharing).makeRandom(stream)
    let own = try NetworkCase(description: description).makeRandom(stream)
    for network in [shared, own] { try network.mapTensors { try $0.to(.float64) } }
    return (shared, own)
  }

  /// For each block that has its own branch in one network, the block that holds it in the other.
  private func holders(_ network: TaskNetwork) -> [String: String] {
    var first: [ObjectIdentifier: String] = [:]
    var holders: [String: String] = [:]
    for block in network.trunk.blocks {
      let id = ObjectIdentifier(block.branch)
      first[id] = first[id] ?? block.site
      holders[block.site] = first[id]
    }
    return holders
  }

  /// One set of parameters a shape: the fully connected network has one branch; a stage has one, and one more where its
  /// first block changes the shape within the branch.
  @Test(arguments: zip(cases, [1, 1, 5, 5, 3, 7])) func oneSetOfParameters(description: NetworkDescription, sets: Int)
    throws
  {
    let (shared, own) = try pair(description)
    let holders = holders(shared)
    #expect(Set(holders.values).count == sets)
    #expect(Set(self.holders(own).values).count == own.trunk.blocks.count)
    // Every parameter of the separate network that is no block's repeated branch, once.
    var expected = 0
    for (path, parameter) in own.allParameters {
      let site = own.trunk.blocks.map(\.site).first { path.hasPrefix("trunk/\($0).") }
      let isBranch = !path.contains(".downsample.") && !path.contains(".gate.")
      if let site, isBranch, holders[site] != site { continue }
      expected += parameter.value.count
      #expect(shared.allParameters[path] != nil, "\(path)")
    }
    #expect(shared.allParameters.values.reduce(0) { $0 + $1.value.count } == expected)
  }

  /// Separate branches with equal values have equal logits, and their gradients add up to that of the one.
  @Test(arguments: cases) func gradientsAddUp(description: NetworkDescription) throws {
    let (shared, own) = try pair(description)
    let holders = holders(shared)
    let source = shared.allParameters
    func holder(_ path: String) -> String {
      guard source[path] == nil,
        let site = own.trunk.blocks.map(\.site).first(where: { path.hasPrefix("trunk/\($0).") }),
        let owner = holders[site]
      else { return path }
      return path.replacingOccurrences(of: "trunk/\(site).", with: "trunk/\(owner).")
    }
    for (path, parameter) in own.allParameters {
      try parameter.value.assign(try #require(source[holder(path)], "\(path)").value.detached())
    }
    let pixels = try Tensor.uniform([4, 2, 8, 8], RandomStream(seed: 7), dtype: .float64)
    let labels = try Tensor(indices: [0, 1, 2, 1])
    func slopes(_ network: TaskNetwork) throws -> (logits: Tensor, slopes: [String: Tensor]) {
      let logits = try network.logits(pixels, .evaluation)
      let parameters = network.allParameters
      let slopes = try gradients(of: logits.crossEntropy(labels), withRespectTo: parameters.values.map(\.value))
      return (
        logits, Dictionary(uniqueKeysWithValues: zip(parameters.keys, slopes).compactMap { k, v in v.map { (k, $0) } })
      )
    }
    let (one, many) = try (slopes(shared), slopes(own))
    let isImplicit = description.block == .backwardEuler
    try expectClose(one.logits, many.logits.detached(), within: isImplicit ? 1e-8 : 1e-13)
    var sums: [String: Tensor] = [:]
    var uses: [String: Int] = [:]
    for (path, slope) in many.slopes {
      let owner = holder(path)
      sums[owner] = try sums[owner].map { try $0 + slope } ?? slope
      uses[owner, default: 0] += 1
    }
    #expect(uses.values.contains { $0 > 1 })
    for (path, slope) in one.slopes {
      try expectClose(slope, #require(sums[path]), within: isImplicit ? 1e-6 : 1e-10, path)
    }
  }
}
