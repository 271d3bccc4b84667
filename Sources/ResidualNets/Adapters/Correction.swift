import RandomStreams
import TorchCore

/// One task's correction of one layer y = W x + b.
protocol Correction: Module {
  /// In a network with a branch budget the *merged* operator is constrained, with a vector of this task's own; a
  /// correction with a budget of its own stands beside the trunk's constrained layer instead.
  var constraint: (any NormConstraint)? { get }

  /// The corrected output for an input x.
  func forward(_ layer: some AdaptableLayer, _ x: Tensor, _ mode: Mode) throws -> Tensor
  /// W′ and b′ of the one layer that layer and correction amount to.
  func merged(into layer: some AdaptableLayer, _ mode: Mode) throws -> (weight: Tensor, bias: Tensor?)
  /// How much of ‖W′ − W‖ a budget c leaves, before anything is learned.
  func reach(_ budget: Double, _ norm: Double) -> Double
}

extension Correction {
  /// W before the correction.
  func weight(of layer: some AdaptableLayer, _ mode: Mode) throws -> Tensor {
    constraint == nil ? try layer.effectiveWeight(mode) : layer.weight.value
  }
}

extension AdapterDescription {
  /// A correction that corrects nothing yet; nil where this kind corrects no layers.
  func makeCorrection(of layer: some AdaptableLayer, stream: RandomStream) throws -> (any Correction)? {
    switch kind {
    case .parallel: try ParallelCorrection(layer, self, stream: stream)
    case .series: try SeriesCorrection(layer, self, stream: stream)
    case .side: nil
    }
  }

  /// A constraint of the task's own on the merged layer.
  func mergedConstraint(_ layer: some AdaptableLayer) throws -> (any NormConstraint)? {
    budget == nil ? try layer.constraint?.copy() : nil
  }
}
