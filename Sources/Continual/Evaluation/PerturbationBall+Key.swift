import Results
import Robustness

extension PerturbationBall {
  /// What a measure in this ball is called in results.
  func key(_ measure: String, _ readout: Readout) -> MeasureKey {
    MeasureKey(measure: measure, norm: norm, epsilon: epsilon, readout: readout)
  }
}
