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
    switch record.description.family {
    case .preActivationResNet, .postActivationResNet: try forEachOfResNet(body)
    case .residualMLP: try forEachOfMLP(body)
    }
  }

  private var isConstrained: Bool { record.description.branchBudget != nil }

  private func forEachOfResNet(_ body: (String, [Int]) throws -> Void) throws {
    let width = record.description.width
    var (channels, size) = (record.inputShape[0], Array(record.inputShape[1...]))
    func convolution(_ name: String, outputs: Int) throws {
      try body("\(name).weight", [outputs, channels, 3, 3])
      if isConstrained { try body("\(name).constraint.vector", [1, channels] + size) }
    }
    try convolution("conv1", outputs: width)
    channels = width
    for stage in 0..<3 {
      for index in 0..<(record.description.depth - 2) / 6 {
        let name = "layer\(stage + 1).\(index)"
        try convolution("\(name).conv1", outputs: width << stage)
        channels = width << stage
        if stage > 0 && index == 0 { size = size.map { ($0 - 1) / 2 + 1 } }
        try convolution("\(name).conv2", outputs: channels)
      }
    }
    let features = record.description.readout == .pooled ? channels : channels * size[0] * size[1]
    try body("fc.weight", [record.classes.count, features])
  }

  private func forEachOfMLP(_ body: (String, [Int]) throws -> Void) throws {
    let width = record.description.width
    func linear(_ name: String, inputs: Int) throws {
      try body("\(name).weight", [width, inputs])
      guard let rank = record.adapterRank else { return }
      try body("adapter.\(name).adapter.down", [rank, inputs])
      try body("adapter.\(name).adapter.up", [width, rank])
    }
    try linear("input", inputs: record.inputShape.reduce(1, *))
    for index in 0..<record.description.depth {
      try linear("blocks.\(index).linear1", inputs: width)
      try linear("blocks.\(index).linear2", inputs: width)
    }
    try body("fc.weight", [record.classes.count, width])
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
