/// The large tensors of an adapter, for a record that claims to have one.
extension NetworkSkeleton {
  func forEachOfCorrection(_ layer: ConvolutionPlan, _ body: (String, [Int]) throws -> Void) throws {
    try forEachOfCorrection(layer.site, inputs: layer.inputs, outputs: layer.outputs, isConvolution: true, body)
  }

  /// Of one layer that the adapter corrects.
  func forEachOfCorrection(
    _ site: String, inputs: Int, outputs: Int, isConvolution: Bool, _ body: (String, [Int]) throws -> Void
  ) throws {
    guard let adapter = record.adapter, adapter.kind != .side else { return }
    let inputs = adapter.kind == .series ? outputs : inputs
    if let rank = adapter.rank(inputs: inputs, outputs: outputs, isConvolution: isConvolution) {
      try body("adapter.\(site).adapter.down", [rank, inputs])
      try body("adapter.\(site).adapter.up", [outputs, rank])
    } else {
      try body("adapter.\(site).adapter.weight", [outputs, inputs])
    }
  }

  func forEachOfSidePath(features: Int, _ body: (String, [Int]) throws -> Void) throws {
    guard let adapter = record.adapter, adapter.kind == .side else { return }
    let rank = min(adapter.rank ?? AdapterDescription.usualRank, features)
    for block in 0..<adapter.depth {
      try body("adapter.side.\(block).down", [rank, features])
      try body("adapter.side.\(block).up", [features, rank])
    }
  }
}
