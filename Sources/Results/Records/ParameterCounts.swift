/// How many parameters are shared and how many each task adds, its head included.
public struct ParameterCounts: Sendable, Equatable, Codable {
  public var trunk: Int
  public var perTask: [Int]
  /// Of the trunk's, the weights of convolutions of more than one pixel; nil where there are none, or in older files.
  public var spatial: Int?

  public init(trunk: Int, perTask: [Int], spatial: Int? = nil) {
    self.trunk = trunk
    self.perTask = perTask
    self.spatial = spatial
  }

  /// MS of Díaz-Rodríguez et al. 2018 (``ContinualMetrics/modelSizeEfficiency(sizes:)``), a model being the trunk and
  /// what the tasks so far have added; `nil` where no task has.
  public var modelSizeEfficiency: Double? {
    // As floats: counts from a file may be large, and their sum must not overflow.
    var size = Double(trunk)
    return ContinualMetrics.modelSizeEfficiency(
      sizes: perTask.map { added in
        size += Double(added)
        return size
      })
  }

  /// What one task adds, averaged over tasks, as a share of the spatial weights: how adapters are published (Rebuffi et
  /// al. 2017, there without heads).
  public var shareOfSpatial: Double? {
    guard let spatial, spatial > 0, !perTask.isEmpty else { return nil }
    return perTask.reduce(0) { $0 + Double($1) } / Double(perTask.count) / Double(spatial)
  }

  private enum CodingKeys: CodingKey { case trunk, perTask, spatial, modelSizeEfficiency }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    // The efficiency follows from the counts and is not read back.
    self.init(
      trunk: try container.decode(Int.self, forKey: .trunk),
      perTask: try container.decode([Int].self, forKey: .perTask),
      spatial: try container.decodeIfPresent(Int.self, forKey: .spatial))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(trunk, forKey: .trunk)
    try container.encode(perTask, forKey: .perTask)
    try container.encodeIfPresent(spatial, forKey: .spatial)
    try container.encodeIfPresent(modelSizeEfficiency, forKey: .modelSizeEfficiency)
  }
}
