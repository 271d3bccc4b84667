/// One row of a network's summary: a layer, or a block whose layers follow, one level further in.
public struct LayerSummary: Sendable, Hashable {
  /// Where in a block a layer stands.
  public enum Path: String, Sendable, Hashable, Codable {
    case shortcut, gate, branch
  }

  /// As in the keys of its weights.
  public let name: String
  /// What it is, in a few words.
  public let kind: String
  /// 0 outside of blocks.
  public let level: Int
  public let path: Path?
  /// Of one sample, behind the layer: C×H×W or F.
  public let outputShape: [Int]
  /// Numbers that it learns. A layer that is used again has them in its first row.
  public let parameters: Int
  /// For one image; 0 of a block, whose layers have them.
  public let multiplyAdds: Int
  /// Whether the row is a block.
  public let isBlock: Bool
  /// Whether its output is a tensor of its own, and not the input seen in another shape.
  let makesTensor: Bool
}
