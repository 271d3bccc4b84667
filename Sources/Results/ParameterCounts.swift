/// How many parameters are shared and how many each task adds.
public struct ParameterCounts: Sendable, Equatable, Codable {
  public var trunk: Int
  public var perTask: [Int]

  public init(trunk: Int, perTask: [Int]) {
    self.trunk = trunk
    self.perTask = perTask
  }

  /// MS of Díaz-Rodríguez et al. 2018 (``ContinualMetrics/modelSizeEfficiency(sizes:)``), a model being the trunk and what
  /// the tasks so far have added; `nil` where no task has.
  public var modelSizeEfficiency: Double? {
    // As floats: counts from a file may be large, and their sum must not overflow.
    var size = Double(trunk)
    return ContinualMetrics.modelSizeEfficiency(
      sizes: perTask.map { added in
        size += Double(added)
        return size
      })
  }

  private enum CodingKeys: CodingKey { case trunk, perTask, modelSizeEfficiency }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    // The efficiency follows from the counts and is not read back.
    self.init(
      trunk: try container.decode(Int.self, forKey: .trunk),
      perTask: try container.decode([Int].self, forKey: .perTask))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(trunk, forKey: .trunk)
    try container.encode(perTask, forKey: .perTask)
    try container.encodeIfPresent(modelSizeEfficiency, forKey: .modelSizeEfficiency)
  }
}
