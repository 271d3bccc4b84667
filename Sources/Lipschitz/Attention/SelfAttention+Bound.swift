import Foundation
import OperatorNorms
import TorchCore

extension SelfAttention {
  /// A rigorous upper bound on the L2 Lipschitz constant on sequences of T tokens from a set, rounding of its own
  /// computation included.
  ///
  /// Let x_j = c + g ⊙ u_j with ‖u_j‖ ≤ R and G = diag(g). The set is convex, so the largest norm of a Jacobian on it
  /// is its constant. With p_ij summing to 1 over j, the derivative along dx is, head by head,
  ///
  ///     df_i = Σ_j p_ij W_v dx_j + Σ_j p_ij (v_j − f_i)(⟨W_q dx_i, k_j⟩ + ⟨q_i, W_k dx_j⟩)/√d.
  ///
  /// - *Values.* ‖Σ_j p_ij W_v dx_j‖² ≤ Σ_j p_ij ‖W_v dx_j‖² (Jensen); over all i this is at most κ‖W_v‖²‖dx‖², κ the
  ///   largest Σ_i p_ij. Up to a constant for each i, which a softmax does not see, scores are ⟨G W_kᵀ q_i, u_j⟩/√d and
  ///   lie in [−a, a]; so p_ij ≤ 1/(1 + (T−1)e^(−2a)) and κ ≤ T/(1 + (T−1)e^(−2a)) ≤ T.
  /// - *Queries.* Because Σ_j p_ij (v_j − f_i) = 0, k_j may be taken relative to W_k c + b_k. The sum is then C_i dx_i, C_i
  ///   the covariance under p_i of v_j and W_qᵀ W_k G u_j, whose norm is at most the product of the largest deviations,
  ///   V = ‖W_v G‖R and Y = ‖W_qᵀ W_k G‖R: a variance is no more than the mean square around any point. Each i has a dx_i
  ///   of its own, so the norm of this part is at most V Y/√d.
  /// - *Keys.* With t_j = ⟨W_kᵀ q_i, dx_j⟩ Cauchy and Schwarz give ‖Σ_j p_ij (v_j − f_i) t_j‖² ≤ V² Σ_j p_ij t_j², and with
  ///   Z = ‖W_kᵀ W_q G‖R + ‖W_kᵀ(W_q c + b_q)‖ ≥ ‖W_kᵀ q_i‖ the norm is at most √κ V Z/√d.
  ///
  /// Heads have outputs of their own, so squares add over them:
  ///
  ///     L = √κ ‖W_v‖ + √(Σ_h (V Y)²/d) + √(Σ_h κ (V Z)²/d), κ in the first term the largest over heads.
  ///
  /// One token attends to itself alone, and L = ‖W_v‖. For one head, c = 0 and b = 0, L is never more than √3 ‖W_v‖
  /// (‖A‖²R⁴(4T + 1) + T)^½, A = W_kᵀ W_q/√d, of Castin, Ablin and Peyré 2024 ("How smooth is attention?", theorem
  /// 3.3, quoted from memory).
  /// - Parameter count: T.
  /// - Throws: ``LipschitzError`` where the tokens do not fit, or the bound exceeds the largest double.
  public func upperBound(tokens count: Int, in set: TokenSet) throws -> Double {
    guard count > 0, set.width == width else {
      throw LipschitzError.shape(
        layer: name, reason: "it takes tokens of \(width) features, not \(count) of \(set.width)")
    }
    do {
      let values = try OperatorNorm.upperBound(ofMatrix: self.values)
      guard count > 1 else { return values }
      let parts = try (0..<heads).map { try headBound($0, count, set) }
      let reach = parts.map(\.crowding).max() ?? 1
      let queries = parts.reduce(0) { $0.plusUp($1.queries.timesUp($1.queries)) }.squareRootUp
      let keys = parts.reduce(0) { $0.plusUp($1.keys.timesUp($1.keys)) }.squareRootUp
      let upper = reach.squareRootUp.timesUp(values).plusUp(queries).plusUp(keys)
      guard upper.isFinite else {
        throw LipschitzError.unboundable(layer: name, reason: "its bound on these tokens exceeds the largest double")
      }
      return upper
    } catch let error as OperatorNormError {
      throw LipschitzError.unboundable(layer: name, reason: error.description)
    }
  }

  /// κ, V Y/√d and √κ V Z/√d of one head.
  private typealias HeadBound = (crowding: Double, queries: Double, keys: Double)

  private func headBound(_ head: Int, _ count: Int, _ set: TokenSet) throws -> HeadBound {
    let scale = try Tensor(set.scale, [1, width])
    func scaled(_ rows: Tensor) throws -> RoundedMatrix { try RoundedMatrix(rows).scalingColumns(scale) }
    let (wq, bq) = try rows(.query, ofHead: head)
    let wk = try rows(.key, ofHead: head).weight
    let (query, key) = (try RoundedMatrix(wq), try RoundedMatrix(wk))
    let (queryG, keyG) = (try scaled(wq), try scaled(wk))
    let size = Double(width / heads).squareRoot().nextDown
    func overRoot(_ value: Double) -> Double { (value / size).nextUp }

    // W_q c + b_q, the query of the centre.
    var centre = try query.times(RoundedMatrix(Tensor(set.centre, [width, 1])))
    if let bq { centre = try centre.plus(RoundedMatrix(bq)) }

    let v = try scaled(rows(.value, ofHead: head).weight).norm().timesUp(set.radius)
    let y = try query.transposed().times(keyG).norm().timesUp(set.radius)
    let z = try key.transposed().times(queryG).norm().timesUp(set.radius).plusUp(key.transposed().times(centre).norm())
    let score = try keyG.transposed().times(queryG).norm().timesUp(set.radius)
      .plusUp(keyG.transposed().times(centre).norm()).timesUp(set.radius)
    let crowding = Self.crowding(count, score: overRoot(score))
    return (
      crowding, overRoot(v.timesUp(y)), crowding.squareRootUp.timesUp(overRoot(v.timesUp(z)))
    )
  }

  /// T/(1 + (T−1)e^(−2a)), rounded up.
  static func crowding(_ count: Int, score a: Double) -> Double {
    // The C library's exponential errs by less than a unit in the last place.
    let least = max(0, exp(-2 * a).nextDown.nextDown)
    let others = Double(count - 1).timesDown(least)
    return min(Double(count), (Double(count) / 1.0.plusDown(others)).nextUp)
  }
}
