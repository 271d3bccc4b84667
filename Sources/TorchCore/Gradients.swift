import CTorchShim

/// Runs the body with no graph being recorded on this thread. Synchronous, because the mode belongs to the thread.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  let before = sf_gradients_enabled()
  sf_set_gradients_enabled(false)
  defer { sf_set_gradients_enabled(before) }
  return try body()
}

extension Torch {
  /// Whether operations on this thread are recorded; inside a backward pass, whether that pass is.
  public static var recordsGradients: Bool { sf_gradients_enabled() }
}

/// ∂output/∂inputs of a scalar. An input that the output does not depend on gives nil.
public func gradients(
  of output: Tensor, withRespectTo inputs: [Tensor], recordingGraph: Bool = false
) throws -> [Tensor?] {
  try gradients(of: output, seed: nil, withRespectTo: inputs, recordingGraph: recordingGraph)
}

/// The vector–Jacobian product seedᵀ·∂output/∂inputs; `seed` has the output's shape (nil: one, for a scalar).
/// With `retainingGraph`, the output can be differentiated again; so it can where the result has a graph of its own.
public func gradients(
  of output: Tensor, seed: Tensor?, withRespectTo inputs: [Tensor], recordingGraph: Bool = false,
  retainingGraph: Bool = false
) throws -> [Tensor?] {
  try output.withPointer { output in
    try seed.withPointer { seed in
      try inputs.withPointers { pointers, count in
        var outputs: SFTensor? = output
        var seeds: SFTensor? = seed
        var results = [SFTensor?](repeating: nil, count: inputs.count)
        try check(sf_grad(&outputs, &seeds, 1, pointers, count, retainingGraph, recordingGraph, &results))
        return results.map { $0.map(Tensor.init(adopting:)) }
      }
    }
  }
}

extension Tensor {
  /// Replaces the gradient that arrives at this tensor in a backward pass by what `body` makes of it, which must have
  /// the same shape. Backward passes on a CPU run on the calling thread; `body` may differentiate itself.
  /// - Throws: `TorchError` where the tensor takes no gradient. What `body` throws ends the backward pass, as a
  ///   `TorchError` that carries its description.
  public func replacingGradient(_ body: @escaping (Tensor) throws -> Tensor) throws {
    let context = Unmanaged.passRetained(GradientHook(body)).toOpaque()
    try withPointer {
      try check(
        sf_hook_gradient($0, GradientHook.call, context) { context in
          if let context { Unmanaged<GradientHook>.fromOpaque(context).release() }
        })
    }
  }

  /// Whether operations on it are recorded.
  public var requiresGradient: Bool { withPointer { sf_requires_grad($0) } }

  /// Marks a leaf tensor, in place, as one that gradients are wanted for.
  public func setRequiresGradient(_ required: Bool) throws {
    try withPointer { try check(sf_set_requires_grad($0, required)) }
  }

  /// A leaf of a new graph: the same storage, cut off, with gradients wanted.
  public func asLeaf() throws -> Tensor {
    let leaf = try detached()
    try leaf.setRequiresGradient(true)
    return leaf
  }
}

/// A closure on its way through C.
private final class GradientHook {
  private let body: (Tensor) throws -> Tensor

  init(_ body: @escaping (Tensor) throws -> Tensor) { self.body = body }

  static let call: SFGradientHook = { context, gradient, out, message, capacity in
    guard let context, let gradient, let out, let message else { return false }
    let hook = Unmanaged<GradientHook>.fromOpaque(context).takeUnretainedValue()
    do {
      let replacement = try hook.body(Tensor.yielded { sf_share(gradient, $0) })
      try replacement.withPointer { try check(sf_share($0, out)) }
      return true
    } catch {
      // What lies behind the copy is zero already.
      for (place, byte) in "\(error)".utf8.prefix(capacity - 1).enumerated() {
        message[place] = CChar(bitPattern: byte)
      }
      return false
    }
  }
}
