import ResidualNets
import TorchCore

/// What belongs to one task alone.
final class TaskPart: Module {
  /// nil: that of the run.
  let trunk: (any Trunk)?
  let adapter: Adapter?
  let head: Linear
  /// By which the task is inferred, where that takes any.
  private(set) var statistics: FeatureStatistics?

  init(trunk: (any Trunk)? = nil, adapter: Adapter?, head: Linear) {
    self.trunk = trunk
    self.adapter = adapter
    self.head = head
  }

  /// Makes room for statistics of the task's features.
  func use(_ statistics: FeatureStatistics) { self.statistics = statistics }

  func visit(_ members: inout Members) {
    members.child("trunk", trunk)
    members.child("adapter", adapter)
    members.child("head", head)
    members.child("statistics", statistics)
  }
}
