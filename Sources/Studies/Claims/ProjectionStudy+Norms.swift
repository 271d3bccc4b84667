import RandomStreams
import TorchCore

/// |‖Wx‖ / ‖x‖ − 1| and |‖Wᵀg‖ / ‖g‖ − 1| of narrowing and widening W. Source: linear algebra.
extension ProjectionStudy {
  /// Largest relative changes of norms under projections between n and n/2 dimensions.
  struct ProjectionNormErrors {
    /// Of gradients, narrowing.
    let rows, randomRows: Double
    /// Of signals, widening.
    let columns, randomColumns: Double

    init(_ setting: StudySetting, _ stream: RandomStream) throws {
      let wide = setting.choose(tiny: 8, quick: 128, full: 512)
      let vectors = try Tensor.normal([256, wide / 2], stream.stream("vectors"), dtype: .float64)
      rows = try ShortcutProjection.gradientError(
        ShortcutProjection.orthonormal(outputs: wide / 2, inputs: wide, stream.stream("rows")), vectors)
      randomRows = try ShortcutProjection.gradientError(
        ShortcutProjection.random(outputs: wide / 2, inputs: wide, stream.stream("random rows")), vectors)
      columns = try ShortcutProjection.signalError(
        ShortcutProjection.orthonormal(outputs: wide, inputs: wide / 2, stream.stream("columns")), vectors)
      randomColumns = try ShortcutProjection.signalError(
        ShortcutProjection.random(outputs: wide, inputs: wide / 2, stream.stream("random columns")), vectors)
    }
  }
}
