import RandomStreams
import ResidualNets
import TorchCore

/// A linear softmax over the features of the frozen trunk that tells tasks apart, learned without an old image: from
/// features drawn from what the tasks' statistics say of them.
///
/// For each class of each task seen, features are drawn from a Gaussian of the class's mean and the covariance of all
/// classes. The gate is a function of the statistics and the seed alone, so it is not stored but made again whenever a
/// row is measured; it changes with every task, the answers of the tasks' own networks do not.
struct GateScoring: TaskScoring {
  /// Features drawn for each class.
  static let draws = 100
  static let steps = 200
  static let rate = 0.05

  let readsLogits = false
  let features: FrozenFeatures
  private let gate: Linear
  /// Of the drawn features, so that the gate sees all of a like size; both F.
  private let mean: Tensor
  private let deviation: Tensor

  /// - Parameter statistics: of the tasks seen, on the device of the features.
  init(_ features: FrozenFeatures, _ statistics: PooledStatistics, stream: RandomStream) throws {
    self.features = features
    let (drawn, tasks) = try withoutGradients { try Self.draw(statistics, stream.stream("features")) }
    let (mean, deviation) = try withoutGradients {
      let mean = try drawn.mean([0])
      let variance = try (drawn - mean).squared().mean([0])
      return (mean, try variance.greater(0).select(variance, variance * 0 + 1).sqrt())
    }
    (self.mean, self.deviation) = (mean, deviation)
    gate = try Linear(
      site: "gate", inputs: mean.count, outputs: statistics.means.count, initialization: .zero, stream: stream)
    try gate.mapTensors { try $0.to(.float64).to(drawn.device) }
    let optimizer = try OptimizerDescription(kind: .adam, weightDecay: 0).makeOptimizer(for: gate.trainableParameters)
    let inputs = try withoutGradients { try (drawn - mean) / deviation }
    let targets = try Tensor(indices: tasks).to(drawn.device)
    for step in 0..<Self.steps {
      try optimizer.minimize(
        gate.forward(inputs, .training).crossEntropy(targets),
        rate: Self.rate * Schedule.cosine.factor(step: step, total: Self.steps))
    }
  }

  func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor { try scores(features: features(pixels)) }

  /// The same of features N×F, float64.
  func scores(features: Tensor) throws -> Tensor {
    try gate.forward((features - mean) / deviation, .evaluation).logSoftmax(1)
  }

  /// Features of every class of every task, and their tasks.
  private static func draw(
    _ statistics: PooledStatistics, _ stream: RandomStream
  ) throws -> (features: Tensor, tasks: [Int]) {
    let covariance = try PooledCovariance(statistics)
    var parts: [Tensor] = []
    var tasks: [Int] = []
    for (task, means) in statistics.means.enumerated() {
      let (classes, features) = (means.size(0), means.size(1))
      let noise = try Tensor.normal([classes * draws, features], stream.stream(task), dtype: .float64)
      let centres = try means.selecting(
        0, Tensor(indices: (0..<classes * draws).map { $0 / draws }).to(means.device))
      parts.append(try centres + covariance.coloring(noise.to(means.device)))
      tasks += Array(repeating: task, count: classes * draws)
    }
    return (try Tensor.concatenated(parts), tasks)
  }
}
