import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// A trunk that learned a first task and is frozen, beside which each later task learns a head, and an adapter of its
/// own under a Lipschitz budget.
@TorchActor
struct BudgetedAdapters {
  /// What a later task may add to the trunk.
  enum Allowance: Hashable {
    /// ‖A‖ ≤ c for every correction; 0 is no adapter at all.
    case budget(Double)
    case free

    var adapter: AdapterDescription? {
      switch self {
      case .budget(let c): c > 0 ? AdapterDescription(budget: c) : nil
      case .free: AdapterDescription()
      }
    }
  }

  /// What came of one allowance.
  struct Result {
    /// From pixels to features, before anything is trained; nil where nothing can be stated.
    let stated: Double?
    /// The same of each later task's network after training, as it is deployed.
    let measured: [Double]
    /// Mean over later tasks of the share of test images that the deployed network gets right.
    let accuracy: Double
    /// The same of those certified at the radius.
    let certified: Double

    /// The tasks whose bound is above the stated one, compared exactly.
    var exceeding: Int { stated.map { stated in measured.count { $0 > stated } } ?? 0 }
  }

  /// Of the frozen trunk alone, from pixels to features.
  let trunkBound: Double
  private let trunk: any Trunk
  private let later: ArraySlice<ClassTask>
  private let plan: TrainingPlan
  private let stream: RandomStream

  init(
    _ description: NetworkDescription, _ images: StudyImages, tasks: [ClassTask], plan: TrainingPlan,
    stream: RandomStream
  ) throws {
    let first = try FirstTask(description, images, task: tasks[0], plan: plan, stream: stream)
    trunk = first.trunk
    trunkBound = try first.network.deployed().lipschitzBound().featureUpper
    (later, self.plan, self.stream) = (tasks.dropFirst(), plan, stream)
  }

  /// States a bound, then learns every later task.
  func learn(_ allowance: Allowance, radius: Rational) throws -> Result {
    let adapter = allowance.adapter
    let stated: Double? =
      switch allowance {
      case .free: nil
      case .budget: try adapter.map { try trunk.statedFeatureBound(for: $0) } ?? trunkBound
      }
    var (measured, accuracies, certified): ([Double], [Double], [Double]) = ([], [], [])
    for (index, task) in later.enumerated() {
      let deployed = try network(of: task, adapter, stream.stream("later").stream(index)).deployed()
      let bound = try deployed.lipschitzBound()
      let certificates = try certify(
        deployed, bound: bound, pixels: task.test.pixels, labels: task.test.labels, basis: .singlePrecision)
      measured.append(bound.featureUpper)
      accuracies.append(try accuracy(on: task.test) { try deployed.logits($0) })
      certified.append(Statistics.mean(certificates.samples.map { $0.certifies(radius, norm: .l2) ? 1 : 0 }))
    }
    return Result(
      stated: stated, measured: measured, accuracy: Statistics.mean(accuracies), certified: Statistics.mean(certified))
  }

  /// All allowances start from the same head and see the same batches.
  private func network(
    of task: ClassTask, _ adapter: AdapterDescription?, _ own: RandomStream
  ) throws -> TaskNetwork {
    let head = try trunk.description.makeHead(
      features: trunk.featureCount, classCount: task.classCount, stream: own.stream("head"))
    let network = TaskNetwork(
      trunk: trunk, adapter: try adapter.map { try Adapter(for: trunk, $0, stream: own.stream("adapter")) }, head: head)
    try train(network, on: task.train, plan: plan, stream: own.stream("training"))
      .requireEnd(of: "a task's adapter")
    return network
  }
}
