import OrderedCollections
import TensorFiles

/// The large tensors of a network, computed from its record alone.
///
/// A record can claim a network of any size. These tensors are looked for in the file before anything is built, so that
/// the memory a file can make us take is bounded by the file's own size.
struct NetworkSkeleton {
  let record: NetworkRecord

  /// Calls `body` with key and shape of one tensor after another, small ones left out.
  func forEach(_ body: (String, [Int]) throws -> Void) throws {
    switch record.description.architecture {
    case .resnet, .resnet18, .resnet34, .resnet50: try forEachOfResNet(body)
    case .mlp: try forEachOfMLP(body)
    case .perceptron: try forEachOfPerceptron(body)
    case .convnet: try forEachOfConvnet(body)
    case .vit: try forEachOfTransformer(body)
    }
  }

  private func forEachOfResNet(_ body: (String, [Int]) throws -> Void) throws {
    let network = record.description
    let plan = ResNetPlan(network, inputShape: record.inputShape)
    func require(_ convolution: ConvolutionPlan, isConstrained: Bool) throws {
      try self.convolution(convolution, isConstrained: isConstrained, body)
    }
    try require(plan.stem, isConstrained: isConstrained)
    try forEachOfCorrection(plan.stem, body)
    for block in plan.blocks {
      // A shared branch is looked for once for each block; that costs nothing.
      for layer in block.branch {
        try require(layer, isConstrained: isConstrained)
        try forEachOfCorrection(layer, body)
      }
      if let shortcut = block.shortcut {
        try require(shortcut, isConstrained: isConstrained && network.shortcut == .projection)
      }
      if let gate = block.gate { try require(gate, isConstrained: false) }
    }
    let positions = network.readout == .pooled ? 1 : plan.size[0] * plan.size[1]
    try forEachBehind(features: plan.channels * positions, body)
  }

  /// Whether layers of images keep an estimate of their norm.
  private var isConstrained: Bool {
    record.description.branchBudget != nil && record.description.constraint == .spectral
  }

  private func convolution(
    _ plan: ConvolutionPlan, isConstrained: Bool, _ body: (String, [Int]) throws -> Void
  ) throws {
    try body("\(plan.site).weight", [plan.outputs, plan.inputs, plan.kernel, plan.kernel])
    if isConstrained { try body("\(plan.site).constraint.vector", [1, plan.inputs] + plan.inputSize) }
  }

  private func forEachOfConvnet(_ body: (String, [Int]) throws -> Void) throws {
    let plan = ConvnetPlan(record.description, inputShape: record.inputShape)
    for convolution in plan.convolutions {
      try self.convolution(convolution.layer, isConstrained: isConstrained, body)
      try forEachOfCorrection(convolution.layer, body)
    }
    for layer in plan.hidden {
      try body("\(layer.site).weight", [layer.outputs, layer.inputs])
      try forEachOfCorrection(
        layer.site, inputs: layer.inputs, outputs: layer.outputs, isConvolution: false, body)
    }
    try forEachBehind(features: plan.features, body)
  }

  private func forEachOfPerceptron(_ body: (String, [Int]) throws -> Void) throws {
    let width = record.description.width
    try dense("input", inputs: record.inputShape.reduce(1, *), body)
    for index in 1..<record.description.depth { try dense("layers.\(index).linear", inputs: width, body) }
    try body("fc.weight", [record.classes.count, width])
    try forEachOfSidePath(features: width, body)
  }

  /// A layer as wide as the network, and what an adapter puts beside it.
  private func dense(_ name: String, inputs: Int, _ body: (String, [Int]) throws -> Void) throws {
    try body("\(name).weight", [record.description.width, inputs])
    try forEachOfCorrection(name, inputs: inputs, outputs: record.description.width, isConvolution: false, body)
  }

  private func forEachOfMLP(_ body: (String, [Int]) throws -> Void) throws {
    let (network, width) = (record.description, record.description.width)
    try dense("input", inputs: record.inputShape.reduce(1, *), body)
    for index in 0..<(network.dynamics.shared ? 1 : network.depth) {
      try dense("blocks.\(index).linear1", inputs: width, body)
      try dense("blocks.\(index).linear2", inputs: width, body)
    }
    if network.block == .highway {
      for index in 0..<network.depth { try body("blocks.\(index).gate.weight", [width, width]) }
    }
    try forEachBehind(features: width, body)
  }

  private func forEachOfTransformer(_ body: (String, [Int]) throws -> Void) throws {
    let (network, width) = (record.description, record.description.width)
    let tokens = network.tokenCount(inputShape: record.inputShape)
    func linear(_ site: String, key: String, inputs: Int, outputs: Int) throws {
      try body(key, [outputs, inputs])
      try forEachOfCorrection(site, inputs: inputs, outputs: outputs, isConvolution: false, body)
    }
    try body("conv_proj.weight", [width, record.inputShape[0], network.patch, network.patch])
    try body("pos_embedding", [tokens, width])
    for index in 0..<(network.dynamics.shared ? 1 : network.depth) {
      let (attention, mlp) = ("layers.\(index).self_attention", "layers.\(index).mlp")
      try linear("\(attention).in_proj", key: "\(attention).in_proj_weight", inputs: width, outputs: 3 * width)
      try linear("\(attention).out_proj", key: "\(attention).out_proj.weight", inputs: width, outputs: width)
      try linear("\(mlp).0", key: "\(mlp).0.weight", inputs: width, outputs: TokenBranch.ratio * width)
      try linear("\(mlp).3", key: "\(mlp).3.weight", inputs: TokenBranch.ratio * width, outputs: width)
    }
    let features = network.readout == .pooled ? width : tokens * width
    try forEachBehind(features: features, body)
  }

  /// What reads the trunk's features.
  private func forEachBehind(features: Int, _ body: (String, [Int]) throws -> Void) throws {
    if let expansion = record.expansion { try body("expansion.weight", [expansion, features]) }
    try body("fc.weight", [record.classes.count, record.expansion ?? features])
    try forEachOfSidePath(features: features, body)
  }

  /// - Throws: ``WeightsError`` that names the first tensor which is absent or of another shape.
  func check(_ tensors: OrderedDictionary<String, HostTensor>, path: String) throws {
    try forEach { key, shape in
      guard let tensor = tensors[key] else {
        throw WeightsError(
          path: path, reason: "the network needs a tensor '\(key)' of shape \(shape), which is missing")
      }
      guard tensor.shape == shape else {
        throw WeightsError(path: path, reason: "tensor '\(key)' has shape \(tensor.shape), the network needs \(shape)")
      }
    }
  }
}
