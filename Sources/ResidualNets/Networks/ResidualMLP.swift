import RandomStreams
import TorchCore

/// h₀ = W x + b, then h ← h + W₂ φ(W₁ φ(h)), then φ: residual blocks of fully connected layers.
final class ResidualMLP: Trunk {
  let description: NetworkDescription
  let inputShape: [Int]
  var featureCount: Int { description.width }

  private let normalization: PixelNormalization
  private let input: Linear
  private let blocks: [(name: String, block: DenseBlock)]

  init(
    _ description: NetworkDescription, inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws {
    self.description = description
    self.inputShape = inputShape
    normalization = try PixelNormalization(statistics)
    input = try Linear(
      site: "input", inputs: inputShape.reduce(1, *), outputs: description.width,
      budget: description.branchBudget == nil ? nil : 1, stream: stream.stream("input"))
    blocks = try (0..<description.depth).map { index in
      let name = "blocks.\(index)"
      return (name, try DenseBlock(site: name, description, stream: stream.stream(name)))
    }
  }

  var adaptableConvolutions: [Conv2d] { [] }
  var adaptableLinears: [Linear] { [input] + blocks.flatMap { [$0.block.linear1, $0.block.linear2] } }
  var norms: [any Norm] { [] }

  func features(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    let start = try passage.transform(input, normalization.forward(pixels).flattened())
    return try blocks.reduce(start) { try $1.block.forward($0, passage) }.relu()
  }

  func deployedBody(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    let stages =
      try [normalization.deployed, Stage("flatten", .flatten), passage.deployed(input)]
      + blocks.map { try $0.block.deployed(passage) } + [Stage("relu", .relu)]
    return (stages, nil)
  }

  func visit(_ members: inout Members) {
    members.child("normalize", normalization)
    members.child("input", input)
    for (name, block) in blocks { members.child(name, block) }
  }
}

/// h ← h + W₂ φ(W₁ φ(h)).
final class DenseBlock: Module {
  let site: String
  let linear1: Linear
  let linear2: Linear

  init(site: String, _ description: NetworkDescription, stream: RandomStream) throws {
    self.site = site
    linear1 = try Linear(
      site: "\(site).linear1", inputs: description.width, outputs: description.width, budget: description.branchBudget,
      stream: stream.stream("linear1"))
    linear2 = try Linear(
      site: "\(site).linear2", inputs: description.width, outputs: description.width, budget: description.branchBudget,
      stream: stream.stream("linear2"))
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try h + passage.transform(linear2, passage.transform(linear1, h.relu()).relu())
  }

  func deployed(_ passage: Passage) throws -> Stage {
    let branch = try [
      Stage("\(site).relu1", .relu), passage.deployed(linear1), Stage("\(site).relu2", .relu),
      passage.deployed(linear2),
    ]
    return Stage(site, .residual(shortcut: [], branch: branch, branchScale: 1))
  }

  func visit(_ members: inout Members) {
    members.child("linear1", linear1)
    members.child("linear2", linear2)
  }
}
