import Foundation
import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// A network whose branches start at zero is its shortcuts, bit for bit.
@TorchActor
@Suite struct ZeroInitializationTests {
  nonisolated static let kinds: [NetworkDescription.BlockKind] = [
    .preActivation, .postActivation, .forwardEuler, .backwardEuler,
  ]

  nonisolated static let cases: [NetworkCase] = {
    var cases: [NetworkCase] = []
    for initialization in [NetworkDescription.Initialization.zero, .fixup, .automatic] {
      for architecture in [NetworkDescription.Architecture.resnet, .resnet50, .mlp] {
        for norm in NetworkDescription.NormKind.allCases {
          for shortcut in [NetworkDescription.ShortcutKind.projection, .orthonormal] {
            for block in kinds {
              // Where nothing is said, only a network without a norm starts at zero, and an MLP does not.
              if initialization == .automatic, norm != .none || architecture == .mlp { continue }
              if architecture == .mlp, shortcut != .projection { continue }
              if architecture == .resnet50, initialization != .zero || norm != .batch { continue }
              let description = NetworkDescription(
                architecture: architecture, depth: architecture == .resnet ? 14 : architecture.usualSize.depth,
                width: 2,
                block: block, shortcut: shortcut, initialization: initialization, norm: norm)
              if (try? description.validate()) != nil { cases.append(NetworkCase(description: description)) }
            }
          }
        }
      }
    }
    return cases
  }()

  @Test(arguments: [Mode.evaluation, .training]) func theNetworkIsItsShortcuts(mode: Mode) throws {
    #expect(Self.cases.count == 66)
    for subject in Self.cases {
      let stream = RandomStream(seed: 1)
      let trunk = try subject.make(stream).trunk
      let passage = Passage(adapter: nil, mode: mode)
      try withoutGradients {
        var h = try trunk.embed(subject.pixels(4, stream, dtype: .float32), passage)
        var identities = 0
        for block in trunk.blocks {
          // The norm of a shortcut learns from what passes, so it is asked once, by the block.
          let reference = try block.shortcut.map { try $0.forward(h, Passage(adapter: nil, mode: mode)) } ?? h
          let expected = subject.description.block == .postActivation ? try reference.relu() : reference
          let next = try block.forward(h, passage)
          #expect(try next.host() == expected.host(), "\(subject.testDescription): \(block.site)")
          identities += block.shortcut == nil ? 1 : 0
          h = next
        }
        #expect(identities >= trunk.blocks.count / 2 && identities > 0)
      }
    }
  }

  /// What arrives at the last state arrives unchanged at the first: no power of anything is taken.
  @Test func theGradientRatioIsOne() throws {
    for subject in Self.cases where subject.description.block.activatesFirst {
      let stream = RandomStream(seed: 2)
      let trunk = try subject.make(stream).trunk
      let passage = Passage(adapter: nil, mode: .training)
      let identities = trunk.blocks.filter { $0.shortcut == nil }
      var start = try withoutGradients { try trunk.embed(subject.pixels(4, stream, dtype: .float32), passage) }
      for chain in chains(of: trunk.blocks) {
        let leaf = try start.detached().asLeaf()
        let end = try chain.reduce(leaf) { try $1.forward($0, passage) }
        let seed = try Tensor.normal(end.shape, stream.stream("seed"))
        let slope = try #require(try gradients(of: end, seed: seed, withRespectTo: [leaf])[0])
        if chain.allSatisfy({ $0.shortcut == nil }) {
          // GMRES rounds even where there is nothing to solve.
          if subject.description.block == .backwardEuler {
            try expectClose(slope, seed, within: 1e-6, subject.testDescription)
          } else {
            #expect(try slope.host() == seed.host(), "\(subject.testDescription)")
          }
        }
        start = end
      }
      #expect(!identities.isEmpty)
    }
  }

  /// Random branches do move the state, so that the tests above can fail.
  @Test func otherStartsAreNotTheIdentity() throws {
    for norm in [NetworkDescription.NormKind.batch, .none] {
      let subject = NetworkCase(description: .init(depth: 14, width: 2, initialization: .he, norm: norm))
      let trunk = try subject.make(RandomStream(seed: 1)).trunk
      let passage = Passage(adapter: nil, mode: .evaluation)
      let h = try trunk.embed(subject.pixels(2, RandomStream(seed: 1), dtype: .float32), passage)
      #expect(try relativeDistance(trunk.blocks[0].forward(h, passage), h) > 0.01)
    }
  }

  /// Runs of blocks between the changes of shape, and the changes.
  private func chains(of blocks: [any Block]) -> [[any Block]] {
    blocks.reduce(into: []) { chains, block in
      if block.shortcut == nil, let last = chains.last, last.allSatisfy({ $0.shortcut == nil }) {
        chains[chains.count - 1].append(block)
      } else {
        chains.append([block])
      }
    }
  }

  nonisolated static let shrinking: [(NetworkDescription.Architecture, Int, Double, Double)] = [
    (.resnet, 20, 9, -0.5), (.resnet, 8, 3, -0.5), (.resnet50, 50, 16, -0.25), (.mlp, 5, 5, -0.5),
  ]

  /// Fixup: all layers of a branch but the last shrink by L^(−1/(2m−2)), L blocks of m layers; Zhang et al. 2019, §3.
  @Test(arguments: shrinking) func fixupShrinksBranches(
    architecture: NetworkDescription.Architecture, depth: Int, blocks: Double, power: Double
  ) throws {
    func parameters(_ initialization: NetworkDescription.Initialization) throws -> [(String, Tensor)] {
      let subject = NetworkCase(
        description: .init(
          architecture: architecture, depth: depth, width: 2, initialization: initialization, norm: .none))
      return try subject.make(RandomStream(seed: 5)).allParameters.map { try ($0.key, $0.value.value.detached()) }
    }
    let last = architecture == .resnet50 ? "conv3" : architecture == .mlp ? "linear2" : "conv2"
    let inner = architecture == .resnet50 ? ["conv1", "conv2"] : architecture == .mlp ? ["linear1"] : ["conv1"]
    var compared = 0
    for ((path, he), (_, fixup)) in zip(try parameters(.he), try parameters(.fixup)) where path.hasSuffix("weight") {
      let layer = path.split(separator: ".").dropLast().last.map(String.init) ?? ""
      let isInBlock = path.contains("layer") || path.contains("blocks")
      if path.hasPrefix("head") || isInBlock && layer == last {
        #expect(try fixup.abs().max().item() == 0, "\(path)")
      } else {
        let factor = isInBlock && inner.contains(layer) ? Foundation.pow(blocks, power) : 1
        try expectClose(fixup, he * factor, within: 1e-6, path)
      }
      compared += 1
    }
    #expect(compared > Int(blocks) * 2)
  }
}
