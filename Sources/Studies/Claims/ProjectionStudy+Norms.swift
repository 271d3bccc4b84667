import RandomStreams
import TorchCore

/// |‖Wx‖ / ‖x‖ − 1| and |‖Wᵀg‖ / ‖g‖ − 1| of narrowing and widening W. Source: linear algebra.
extension ProjectionStudy {
  /// Relative changes of norms over many vectors, under projections between n and n/2 dimensions.
  struct ProjectionNorms {
    /// The largest: of gradients, narrowing, and of signals, widening.
    let orthonormal: Double
    /// The mean of gradients, narrowing.
    let randomRows: Double
    /// The mean of signals, widening.
    let randomColumns: Double

    init(_ setting: StudySetting, _ stream: RandomStream) throws {
      let wide = setting.choose(tiny: 8, quick: 128, full: 512)
      let vectors = try Tensor.normal([256, wide / 2], stream.stream("vectors"), dtype: .float64)
      typealias W = ShortcutProjection
      let rows = try W.orthonormal(outputs: wide / 2, inputs: wide, stream.stream("rows"))
      let columns = try W.orthonormal(outputs: wide, inputs: wide / 2, stream.stream("columns"))
      orthonormal = try Statistics.largest(W.gradientChanges(rows, vectors) + W.signalChanges(columns, vectors))
      randomRows = try Statistics.mean(
        W.gradientChanges(W.random(outputs: wide / 2, inputs: wide, stream.stream("random rows")), vectors))
      randomColumns = try Statistics.mean(
        W.signalChanges(W.random(outputs: wide, inputs: wide / 2, stream.stream("random columns")), vectors))
    }
  }
}
