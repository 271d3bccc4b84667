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
