import RandomStreams
import TorchCore

/// h_l = φ(W_l h_{l−1} + b_l): layers of one width, one behind the other. What most published baselines of continual
/// learning are measured on.
final class Perceptron: Trunk {
  let description: NetworkDescription
  let inputShape: [Int]
  let blocks: [any Block]
  var featureCount: Int { description.width }

  private let normalization: PixelNormalization
  private let input: Linear

  init(
    _ description: NetworkDescription, inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws {
    self.description = description
    self.inputShape = inputShape
    normalization = try PixelNormalization(statistics)
    input = try Linear(
      site: "input", inputs: inputShape.reduce(1, *), outputs: description.width,
      budget: description.outerBudget, constraint: description.constraint,
      initialization: description.denseInitialization(isLast: false, blocks: description.depth),
      stream: stream.stream("input"))
    blocks = try (1..<description.depth).map { index in
      let site = "layers.\(index)"
      return try description.makeBlock(
        BlockParts(
          site: site, keepsShape: true, branch: LinearBranch(site: site, description, stream: stream.stream(site)),
          shortcut: nil, gate: nil))
    }
  }

  var otherLinears: [Linear] { [input] }

  func embed(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    try description.activation.apply(passage.transform(input, passage.enter(normalization, pixels).flattened()))
  }

  func readout(_ h: Tensor, _ passage: Passage) throws -> Tensor { h }

  func deployedEmbedding(_ passage: Passage) throws -> [Stage] {
    try [normalization.deployed, Stage("flatten", .flatten), passage.deployed(input), description.activation.stage()]
  }

  func deployedReadout(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) { ([], nil) }

  func visit(_ members: inout Members) {
    members.child("normalize", normalization)
    members.child("input", input)
    for block in blocks { members.child(block.site, block) }
  }
}
