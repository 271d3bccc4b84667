import RandomStreams
import TorchCore

@testable import ResidualNets

/// Small vision transformers: every block they take, and what a description may ask for besides, with and without an
/// adapter. Images of 8×12 are 2×3 tokens.
enum TransformerCases {
  static let usual = NetworkDescription(
    architecture: .vit, depth: 2, width: 8, norm: .layer, dynamics: .init(step: 0.6, alpha: 0.7, beta: 0.2), heads: 2)

  static let all: [NetworkCase] = {
    let changes: [(inout NetworkDescription) -> Void] = [
      { $0.block = .preActivation }, { $0.block = .forwardEuler }, { $0.block = .scaled }, { $0.block = .plain },
      { $0.readout = .flattened }, { $0.dynamics.shared = true }, { $0.survival = 0.5 }, { $0.initialization = .he },
      { $0.initialization = .zero }, { $0.initialization = .fixup }, { ($0.patch, $0.heads, $0.depth) = (2, 1, 1) },
      { ($0.patch, $0.heads) = (1, 8) },
    ]
    return changes.flatMap { change in
      var description = usual
      change(&description)
      return [false, true].map {
        // Patches of one pixel are many tokens.
        NetworkCase(
          description: description, inputShape: description.patch == 1 ? [2, 2, 3] : [2, 8, 12], withAdapter: $0)
      }
    }
  }()

  static let withAdapter = all.filter(\.withAdapter)
}
