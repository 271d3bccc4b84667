import RandomStreams
import TorchCore

/// h₀ = W x + b, then blocks of fully connected layers of one width.
final class MLP: Trunk {
  let description: NetworkDescription
  let inputShape: [Int]
  let blocks: [any Block]
  var featureCount: Int { description.width }

  private let normalization: PixelNormalization
  private let input: Linear

  private var activatesFirst: Bool { description.block.activatesFirst }

  init(
    _ description: NetworkDescription, inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws {
    self.description = description
    self.inputShape = inputShape
    normalization = try PixelNormalization(statistics)
    input = try Linear(
      site: "input", inputs: inputShape.reduce(1, *), outputs: description.width,
      budget: description.outerBudget, constraint: description.constraint,
      initialization: description.initialization == .automatic ? .uniform : .he(scale: 1),
      stream: stream.stream("input"))
    var shared: (any Branch)?
    blocks = try (0..<description.depth).map { index in
      let site = "blocks.\(index)"
      let own = stream.stream(site)
      let branch = try shared ?? DenseBranch(site: site, description, stream: own)
      if description.dynamics.shared { shared = branch }
      let gate =
        description.block == .highway
        ? try Gate(
          site: "\(site).gate", width: description.width, bias: description.dynamics.gateBias,
          stream: own.stream("gate")) : nil
      return try description.makeBlock(
        BlockParts(
          site: site, keepsShape: true,
          branch: description.leavingOut(branch, site: site, index: index, of: description.depth),
          shortcut: nil, gate: gate))
    }
  }

  var otherLinears: [Linear] { [input] }

  func embed(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    let h = try passage.transform(input, passage.enter(normalization, pixels).flattened())
    return activatesFirst ? h : try description.activation.apply(h)
  }

  func readout(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    activatesFirst ? try description.activation.apply(h) : h
  }

  func deployedEmbedding(_ passage: Passage) throws -> [Stage] {
    try [normalization.deployed, Stage("flatten", .flatten), passage.deployed(input)]
      + (activatesFirst ? [] : [description.activation.stage()])
  }

  func deployedReadout(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    (activatesFirst ? [description.activation.stage()] : [], nil)
  }

  func visit(_ members: inout Members) {
    members.child("normalize", normalization)
    members.child("input", input)
    for block in blocks { members.child(block.site, block) }
  }
}
