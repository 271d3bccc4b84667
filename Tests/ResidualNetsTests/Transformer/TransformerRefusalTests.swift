import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor
@Suite struct TransformerRefusalTests {
  /// What does not fit, and the words that say what would.
  nonisolated static let misfits: [(NetworkDescription, [String])] = {
    func changed(_ change: (inout NetworkDescription) -> Void) -> NetworkDescription {
      var it = TransformerCases.usual
      change(&it)
      return it
    }
    return [
      (changed { $0.block = .postActivation }, ["normalises before", "pre-activation"]),
      (changed { $0.block = .highway }, ["gates", "pre-activation"]),
      (changed { $0.block = .backwardEuler }, ["no Lipschitz constant", "Kim et al. 2021", "forward-euler"]),
      (changed { $0.branchBudget = 1 }, ["self-attention has no bound", "resnet or mlp"]),
      (changed { ($0.branchBudget, $0.norm) = (1, .none) }, ["self-attention has no bound"]),
      (changed { $0.norm = .batch }, ["set norm to layer", "batch"]),
      (changed { $0.norm = .none }, ["set norm to layer"]),
      (changed { $0.heads = 3 }, ["width 8", "multiple of heads", "3"]), (changed { $0.heads = 0 }, ["heads"]),
      (changed { $0.patch = 0 }, ["patch", "1 to 1024"]), (changed { $0.depth = 0 }, ["layers", "1 to 1000"]),
      (changed { $0.depth = 1001 }, ["1 to 1000"]), (changed { ($0.block, $0.survival) = (.plain, 0.5) }, ["survival"]),
      (NetworkDescription(norm: .layer), ["transformer", "batch, group or none", "vit"]),
      (NetworkDescription(architecture: .mlp, depth: 1, norm: .layer), ["norm"]),
    ]
  }()

  @Test(arguments: misfits) func misfitsSayWhatFits(description: NetworkDescription, words: [String]) {
    let error = #expect(throws: DescriptionError.self) { try description.validate() }
    for word in words { #expect(error?.description.contains(word) == true, "\(String(describing: error))") }
  }

  @Test func patchesHaveToCoverTheImages() throws {
    for shape in [[1, 8, 10], [3, 9, 8], [3, 2, 4], [0, 0, 0], [3, 8], []] {
      let channels = shape.first ?? 0
      let statistics = PixelStatistics(
        mean: .init(repeating: 0, count: channels), std: .init(repeating: 1, count: channels))
      let error = #expect(throws: DescriptionError.self) {
        try TransformerCases.usual.makeTrunk(inputShape: shape, statistics: statistics, stream: RandomStream(seed: 1))
      }
      if shape == [1, 8, 10] {
        #expect(error?.description.contains("8×10") == true && error?.description.contains("patches of 4×4") == true)
      }
    }
  }

  @Test func usualValuesFit() throws {
    let (depth, width) = NetworkDescription.Architecture.vit.usualSize
    let it = NetworkDescription(
      architecture: .vit, depth: depth, width: width, norm: NetworkDescription.Architecture.vit.usualNorm)
    try it.validate()
    #expect(
      it.summary
        == "vision transformer of 4 layers, width 64, 4 heads, patches of 4×4, pre-activation blocks, layer norm, pooled readout"
    )
  }
}
