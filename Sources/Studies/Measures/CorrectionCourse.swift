import TorchCore

/// How far the terms of residual blocks point from where a state is to where it should be.
struct CorrectionCourse {
  /// The states h₀ … h_L of the same samples at successive moments of training, each N×D.
  private(set) var moments: [[Tensor]] = []

  mutating func record(_ states: [Tensor]) throws { moments.append(try states.map { try $0.detached().clone() }) }

  /// The mean over samples of cos(F_l(h_l), T − h_l) with F_l(h_l) = h_{l+1} − h_l: moment × block.
  /// - Parameter targets: T, N×D.
  func cosines(toward targets: Tensor) throws -> [[Double]] {
    try moments.map { try Self.cosines($0, toward: targets) }
  }

  /// The same of one moment: block.
  static func cosines(_ states: [Tensor], toward targets: Tensor) throws -> [Double] {
    try zip(states, states.dropFirst()).map { h, next in
      try sampleCosines(next - h, targets - h).mean().item()
    }
  }
}

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
