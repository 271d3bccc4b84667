import TorchCore

/// Products with the Jacobians of a map at a batch of points, one Jacobian a sample.
///
/// Samples must not mix: networks are in evaluation mode. Jᵀu is one backward pass. J·v differentiates the pullback
/// u ↦ Jᵀu, which is linear, with respect to u (Townsend 2017, "A new trick for calculating Jacobian vector products"),
/// so it needs a map whose gradient is itself recorded: ``pushesForward``.
public struct JacobianProducts {
  /// The map's values, N×….
  public let output: Tensor
  private let x: Tensor
  private let graph: Tensor
  private let seed: Tensor
  /// Jᵀ · seed, a linear function of `seed`; nil where the output does not depend on the input, or where the map
  /// refuses to have its gradient recorded.
  private let pullback: Tensor?
  /// Whether there is J·v. A backward Euler step, for one, has no second derivatives.
  public let pushesForward: Bool

  /// - Parameters:
  ///   - x: N×….
  ///   - map: N×… → N×…, called once.
  /// - Throws: ``JacobianError`` where the samples do not correspond or gradients are off, and what `map` throws.
  public init(at x: Tensor, _ map: (Tensor) throws -> Tensor) throws {
    try requireRecording()
    self.x = try x.asLeaf()
    graph = try map(self.x)
    try requireSamples(graph, of: x)
    output = try graph.detached()
    seed = try output.zerosLike().asLeaf()
    guard graph.requiresGradient else {
      (pullback, pushesForward) = (nil, true)
      return
    }
    do {
      pullback = try gradients(of: graph, seed: seed, withRespectTo: [self.x], recordingGraph: true)[0]
      pushesForward = pullback?.requiresGradient ?? true
    } catch let error as TorchError where error.code == .invalidOperation {
      (pullback, pushesForward) = (nil, false)
    }
  }

  /// Jᵀu, of x's shape, for u of the output's shape.
  /// - Throws: `TorchError` for a u of another shape.
  public func pulledBack(_ u: Tensor) throws -> Tensor {
    try vectorJacobianProduct(u, graph, x, keepingGraph: true)
  }

  /// J·v, of the output's shape, for v of x's shape.
  /// - Throws: ``JacobianError/notDifferentiableTwice`` unless it ``pushesForward``. A gradient that was replaced
  ///   on one path among several (`Tensor.replacingGradient`) goes unnoticed and that path is missing from J·v.
  public func pushedForward(_ v: Tensor) throws -> Tensor {
    guard pushesForward else { throw JacobianError.notDifferentiableTwice }
    guard let pullback else { return try output.zerosLike() }
    return try vectorJacobianProduct(v, pullback, seed, keepingGraph: true)
  }
}

/// uᵀ · ∂output/∂input; zero where the output does not depend on the input.
func vectorJacobianProduct(_ u: Tensor, _ output: Tensor, _ input: Tensor, keepingGraph: Bool) throws -> Tensor {
  guard output.requiresGradient else { return try input.detached().zerosLike() }
  let product = try gradients(of: output, seed: u, withRespectTo: [input], retainingGraph: keepingGraph)[0]
  return try product?.detached() ?? input.detached().zerosLike()
}

/// Without a graph every Jacobian would come out as zero.
func requireRecording() throws {
  guard try (Tensor.zeros([1]).asLeaf() * 1).requiresGradient else { throw JacobianError.gradientsOff }
}

func requireSamples(_ output: Tensor, of x: Tensor) throws {
  guard x.rank > 0, x.count > 0, output.rank > 0, output.size(0) == x.size(0) else {
    throw JacobianError.samples(reason: "a batch of shape \(x.shape) was mapped to \(output.shape)")
  }
}
