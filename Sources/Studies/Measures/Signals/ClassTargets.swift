import TorchCore

/// One point of the state space for each class, of which a sample's target is one.
struct ClassTargets {
  /// K×D.
  let points: Tensor

  init(points: Tensor) { self.points = points }

  /// The mean of the states of each class.
  /// - Parameters:
  ///   - states: N×D.
  ///   - labels: N, each class at least once.
  init(meansOf states: Tensor, labels: [Int], classCount: Int) throws {
    let members = try Tensor.eye(classCount).selecting(0, Tensor(indices: labels)).to(states.dtype)
    points = try members.transposed().matmul(states) / members.sum([0]).reshaped([classCount, 1])
  }

  /// N×D.
  func targets(of labels: [Int]) throws -> Tensor { try points.selecting(0, Tensor(indices: labels)) }

  /// The target of the next class instead of a sample's own.
  func wrongTargets(of labels: [Int]) throws -> Tensor {
    try targets(of: labels.map { ($0 + 1) % points.size(0) })
  }
}
