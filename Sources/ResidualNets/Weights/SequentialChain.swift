import TorchCore

/// The layers of an `nn.Sequential` with the modules between them, checked to fit one another.
struct SequentialChain {
  private enum Link {
    case layer(SequentialLayer)
    case relu(index: Int)
    case flatten
  }

  /// All but the last layer, which is the head.
  private var links: [Link] = []

  /// - Throws: what `fault` makes of the reason why the layers do not form a network for `inputShape`.
  init(_ layers: [SequentialLayer], inputShape: [Int], _ fault: (String) -> WeightsError) throws {
    guard inputShape.count == 3, inputShape.allSatisfy({ (1...(1 << 24)).contains($0) }) else {
      throw fault("the input needs channels, height and width, not \(inputShape)")
    }
    // Channels, height, width; or features.
    var shape = inputShape
    var previous: SequentialLayer?
    for layer in layers {
      let gap = layer.index - (previous.map { $0.index + 1 } ?? 0)
      let flattens = layer.isLinear && shape.count == 3
      guard let activates = Self.activates(gap: gap, flattens: flattens, isFirst: previous == nil) else {
        throw fault(
          "\(gap) modules without weights stand before layer \(layer.index): only a ReLU between layers and a Flatten "
            + "before linear ones are recognised")
      }
      if activates { links.append(.relu(index: (previous?.index ?? 0) + 1)) }
      if flattens {
        guard let features = Self.product(shape) else { throw fault("an input of shape \(shape) is too large") }
        shape = [features]
        links.append(.flatten)
      }
      guard let next = Self.output(of: layer, for: shape) else {
        throw fault(
          "layer \(layer.index) of weight shape \(layer.weight.shape) does not fit its input of shape \(shape)")
      }
      shape = next
      links.append(.layer(layer))
      previous = layer
    }
    links.removeLast()
  }

  func body(_ dtype: DType?) throws -> [Stage] {
    try links.map { link in
      switch link {
      case .layer(let layer): try layer.stage(dtype)
      case .relu(let index): Stage("\(index)", .relu)
      case .flatten: Stage("flatten", .flatten)
      }
    }
  }

  /// Whether the modules in the gap have a ReLU among them; nil where they cannot be told.
  private static func activates(gap: Int, flattens: Bool, isFirst: Bool) -> Bool? {
    switch (gap, flattens, isFirst) {
    case (0, _, true): false
    case (1, true, true): false
    case (0, false, false): false
    case (1, false, false): true
    case (1, true, false): false
    case (2, true, false): true
    default: nil
    }
  }

  /// The shape behind a layer, or nil where it does not fit.
  private static func output(of layer: SequentialLayer, for shape: [Int]) -> [Int]? {
    guard layer.inputs == shape[0] else { return nil }
    guard let geometry = layer.geometry else { return shape.count == 1 ? [layer.outputs] : nil }
    guard shape.count == 3 else { return nil }
    let size = Array(shape[1...])
    for axis in 0..<2 {
      guard size[axis] + 2 * geometry.padding[axis] > geometry.dilation[axis] * (layer.kernel[axis] - 1) else {
        return nil
      }
    }
    return [layer.outputs] + geometry.outputSize(size, kernel: layer.kernel)
  }

  private static func product(_ shape: [Int]) -> Int? {
    var product = 1
    for length in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: length)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }
}
