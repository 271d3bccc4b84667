import TorchCore

/// The search for multipliers as a semidefinite program: the least ρ with F(ρ, t) positive definite,
///
///     F = | ρI        −W_1ᵀT_1                        |
///         | −T_1W_1    2T_1      −W_2ᵀT_2             |
///         |            −T_2W_2    2T_2       ⋱        |
///         |                        ⋱        2T_{k−1}  |   less W_kᵀW_k in the last block.
///
/// Each multiplier t_j enters as t_j (e_j v_jᵀ + v_j e_jᵀ), with e_j the neuron's unit vector and v_j = e_j less its
/// weights, placed at its inputs. So the barrier s·ρ − log det F has its gradient and Hessian in products of a few
/// matrices. What comes out is a candidate, not a proof: see ``SlopeCertificate``.
struct SlopeProgram {
  /// m neurons; F is n×n, n = m + `inputs`.
  let neurons: Int
  let inputs: Int
  /// −W_kᵀW_k in the last block of F.
  private let constant: Tensor
  /// v, as rows m×n.
  private let rows: Tensor
  private let widths: [Int]

  /// - Parameters:
  ///   - rows: v, m×n.
  ///   - outputs: the rows of the last layer, K×n.
  ///   - widths: of the multipliers, layer by layer.
  init(rows: Tensor, outputs: Tensor, widths: [Int]) throws {
    self.rows = rows
    self.widths = widths
    neurons = rows.size(0)
    inputs = rows.size(1) - neurons
    constant = try outputs.transposed().matmul(outputs).negated()
  }

  init(_ layers: [PerceptronLayer]) throws {
    var weights = layers.map(\.weight)
    if weights[0].size(0) < weights[0].size(1) {
      // F depends on W_1 through W_1W_1ᵀ alone.
      weights[0] = try weights[0].transposed().qr().r.transposed()
    }
    widths = layers.dropLast().map(\.outputs)
    (neurons, inputs) = (widths.reduce(0, +), weights[0].size(1))
    let size = neurons + inputs
    var (blocks, start) = ([Tensor](), 0)
    for weight in weights.dropLast() {
      let (out, width) = (weight.size(0), weight.size(1))
      blocks.append(
        try Tensor.concatenated(
          [
            .zeros([out, start], dtype: .float64), weight.negated(), .eye(out, dtype: .float64),
            .zeros([out, size - start - width - out], dtype: .float64),
          ], 1))
      start += width
    }
    rows = try Tensor.concatenated(blocks, 0)
    let last = weights[weights.count - 1]
    constant = try last.transposed().matmul(last).negated().padded(left: start, right: 0, top: start, bottom: 0)
  }

  /// F at a point.
  func matrix(at point: Point) throws -> Tensor { try linearPart(point.rho, point.multipliers) + constant }

  /// ρ and t.
  struct Point {
    var rho: Double
    /// m.
    var multipliers: Tensor
  }

  /// F less its constant.
  private func linearPart(_ rho: Double, _ t: Tensor) throws -> Tensor {
    let half = try Tensor.concatenated(
      [.zeros([inputs, neurons + inputs], dtype: .float64), rows * t.reshaped([-1, 1])], 0)
    let corner = try (Tensor.eye(inputs, dtype: .float64) * rho).padded(
      left: 0, right: neurons, top: 0, bottom: neurons)
    return try half + half.transposed() + corner
  }

  /// Newton's step of the barrier, and what it promises.
  struct Step {
    let rho: Double
    let multipliers: Tensor
    /// Newton's decrement, squared.
    let decrement: Double
    /// Eigenvalues of F⁻¹ΔF, by which log det F grows along the step as Σ log(1 + aμ).
    let growths: [Double]
  }

  /// - Parameters:
  ///   - s: the weight of ρ in s·ρ − log det F.
  ///   - root: H with HHᵀ = F⁻¹.
  func newtonStep(weight s: Double, root: Tensor) throws -> Step {
    let inverse = try root.matmul(root.transposed())
    let lower = try inverse.narrowed(0, from: inputs, count: neurons)
    let corner = try inverse.narrowed(0, from: 0, count: inputs).narrowed(1, from: 0, count: inputs)
    let spread = try inverse.matmul(rows.transposed())
    let (ee, ev, vv) = try (
      lower.narrowed(1, from: inputs, count: neurons), spread.narrowed(0, from: inputs, count: neurons),
      rows.matmul(spread)
    )
    let diagonal = try (ev * Tensor.eye(neurons, dtype: .float64)).sum([1])
    let trace = try (corner * Tensor.eye(inputs, dtype: .float64)).sum().item()
    let curvature = try (ee * vv + ev * ev.transposed()) * 2
    let mixed =
      try (lower.narrowed(1, from: 0, count: inputs).transposed() * spread.narrowed(0, from: 0, count: inputs))
      .sum([0], keepingDimensions: true) * 2
    let top = try Tensor.concatenated([corner.squared().sum().reshaped([1, 1]), mixed], 1)
    let hessian = try Tensor.concatenated(
      [top, .concatenated([mixed.transposed(), curvature], 1)], 0)
    let descent = try Tensor.concatenated([Tensor.full(trace - s, [1], dtype: .float64), diagonal * 2], 0)
    let step = try hessian.solved(for: descent.reshaped([-1, 1])).reshaped([-1])
    let (rho, t) = (try step.narrowed(0, from: 0, count: 1).item(), try step.narrowed(0, from: 1, count: neurons))
    let change = try root.transposed().matmul(linearPart(rho, t)).matmul(root)
    return Step(
      rho: rho, multipliers: t, decrement: try (step * descent).sum().item(),
      growths: try change.symmetricEigenvectors().values.doubles())
  }

  /// The multipliers layer by layer.
  func split(_ t: Tensor) throws -> [Tensor] {
    var start = 0
    return try widths.map { width in
      defer { start += width }
      return try t.narrowed(0, from: start, count: width)
    }
  }
}
