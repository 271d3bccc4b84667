/// What a network is made of, layer by layer: shapes, parameters, and work.
///
/// Parameters are those of the network as it is trained. A multiply-add is one use of a weight by a convolution or a
/// linear layer, as in the figures that are published for ResNets; norms, activations and additions are not counted,
/// and the branch of a backward Euler block, which is evaluated until its root is found, is counted once.
public struct NetworkSummary: Sendable, Hashable {
  public struct Parameters: Sendable, Hashable, Codable {
    /// Learned once and shared by all tasks.
    public let trunk: Int
    /// What a task adds beside it; nil without an adapter.
    public let adapter: Int?
    public let head: Int

    public var total: Int { trunk + (adapter ?? 0) + head }
  }

  /// In one line, for people.
  public let network: String
  /// Channels, height, width.
  public let inputShape: [Int]
  public let classCount: Int
  /// Layers with weights one behind another, on the longest path.
  public let depth: Int
  public let blockCount: Int
  /// In order of evaluation; those of a block's shortcut come before those of its branch.
  public let layers: [LayerSummary]
  public let parameters: Parameters

  /// For one image.
  public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

  /// Numbers in the outputs of all layers for one image: what training keeps, before anything is saved on it.
  public var activations: Int {
    layers.reduce(0) { $0 + ($1.makesTensor ? $1.outputShape.reduce(1, *) : 0) }
  }

  /// Of a network in the parts that are trained.
  /// - Throws: ``ShapeError`` where a layer does not fit what comes in.
  public init(_ network: TaskNetwork) throws {
    let (trunk, head) = (network.trunk, network.head)
    var parameters: [String: Int] = ["head": head.parameterCount]
    for (path, parameter) in Members(of: trunk).parameters {
      parameters[path.split(separator: ".").dropLast().joined(separator: "."), default: 0] += parameter.value.count
    }
    var listing = LayerListing(parameters: parameters, deployedNames: try network.deployed().stages.names)
    var shape = SampleShape(lengths: trunk.inputShape)
    depth = try listing.add(network.unfolded(), shape: &shape)
    listing.addRemaining()
    layers = listing.rows
    self.network = trunk.description.summary
    inputShape = trunk.inputShape
    classCount = head.weight.value.size(0)
    blockCount = trunk.blocks.count
    self.parameters = Parameters(
      trunk: trunk.parameterCount, adapter: network.adapter?.parameterCount, head: head.parameterCount)
  }

  /// Of an `nn.Sequential`, which is no more than its layers.
  /// - Throws: ``ShapeError`` where a layer does not fit what comes in.
  public init(sequential network: DeployedNetwork) throws {
    let stages = network.stages
    let counts = stages.map { ($0.name, $0.operation.learnedConstants) }.filter { $0.1 > 0 }
    let parameters = Dictionary(counts) { $0 + $1 }
    var listing = LayerListing(parameters: parameters, deployedNames: nil)
    var shape = SampleShape(lengths: network.inputShape)
    depth = try listing.add(stages, shape: &shape)
    layers = listing.rows
    self.network = "nn.Sequential of \(counts.count) layers with weights"
    inputShape = network.inputShape
    classCount = network.classCount
    blockCount = 0
    let head = parameters["head"] ?? 0
    self.parameters = Parameters(trunk: parameters.values.reduce(0, +) - head, adapter: nil, head: head)
  }
}
