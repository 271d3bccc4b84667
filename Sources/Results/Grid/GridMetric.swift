/// A figure that every cell of a grid has: a column of its table.
public struct GridMetric: Sendable, Hashable, Codable {
  public enum Group: String, Sendable, Hashable, Codable, CaseIterable {
    /// Clean accuracy, forgetting, the inference of tasks.
    case learning
    /// Under attack and certified.
    case robustness
    /// Parameters, images kept, time.
    case cost
  }

  public enum Unit: String, Sendable, Hashable, Codable {
    /// A share of 1.
    case rate
    /// Of rates.
    case difference
    case count, seconds
  }

  public enum Better: String, Sendable, Hashable, Codable { case higher, lower }

  /// The name of the figure in each cell, such as `averageAccuracy` or `averageAccuracy.pgd.l2.1/10`.
  public var id: String
  public var title: String
  public var group: Group
  public var unit: Unit
  /// What is better; nil where strategies are not compared by it, as by seconds, which depend on the machine.
  public var better: Better?

  public init(id: String, title: String, group: Group, unit: Unit, better: Better? = nil) {
    self.id = id
    self.title = title
    self.group = group
    self.unit = unit
    self.better = better
  }

  /// The metrics of all cells, each once: by group, within a group in order of first appearance.
  public static func merged(_ lists: [[GridMetric]]) -> [GridMetric] {
    var seen: Set<String> = []
    let all = lists.joined().filter { seen.insert($0.id).inserted }
    return Group.allCases.flatMap { group in all.filter { $0.group == group } }
  }
}
