import TensorFiles
import TorchCore

/// What the feature statistics of tasks add up to, task after task: all that telling them apart takes. It grows by the
/// means of each task's classes; scatters are added up.
struct PooledStatistics {
  /// Scatters are kept one by one up to so many bytes, and then added up.
  private static let mostKeptBytes = 64 << 20

  /// By task, K×F, float64.
  private(set) var means: [Tensor] = []
  private var freedom = 0.0
  /// Of the tasks before those of `recent`.
  private var settled: Tensor?
  private var recent: [Tensor] = []
  private var room: Int

  /// - Parameter room: bytes up to which scatters are kept one by one.
  init(keeping room: Int = mostKeptBytes) { self.room = room }

  /// - Parameter statistics: of each task, on one device.
  init(_ statistics: [FeatureStatistics]) throws {
    self.init()
    for task in statistics { try add(task) }
  }

  /// Adds the next task.
  mutating func add(_ statistics: FeatureStatistics) throws {
    let scatter = statistics.scatter.value
    if !recent.isEmpty, (recent.count + 1) * scatter.count * MemoryLayout<Double>.size > room {
      settled = try self.scatter
      recent = []
    }
    recent.append(scatter)
    means.append(statistics.means.value)
    freedom += try statistics.degreesOfFreedom
  }

  /// The sum over tasks: F×F, or its diagonal (F).
  /// - Precondition: there is a task.
  var scatter: Tensor {
    get throws {
      let sum = try Tensor.stacked(recent).sum([0])
      return try settled.map { try $0 + sum } ?? sum
    }
  }

  /// What the scatter is divided by for a covariance without bias; at least 1.
  var degreesOfFreedom: Double { max(freedom, 1) }
}
