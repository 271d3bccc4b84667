import OrderedCollections
import TorchCore

/// The class of the nearest mean of features: −‖h − μ‖² is, but for ‖h‖², which all classes share, the linear 2μ·h − ‖μ‖².
///
/// Source: Mensink et al. 2013; Rebuffi et al. 2017 (iCaRL) for its use in continual learning.
final class ClassMeans: ClosedFormHead {
  private var seen: ClassSums?

  var sums: OrderedDictionary<String, Tensor> { seen.map { ["sums": $0.sums, "counts": $0.counts] } ?? [:] }

  func begin(outputs: Int, features: Int, device: Device) throws {
    seen = try ClassSums(
      sums: Tensor.zeros([outputs, features], dtype: .float64, device: device),
      counts: Tensor.zeros([outputs], dtype: .float64, device: device))
  }

  func add(_ features: Tensor, _ outputs: [Int]) throws { try seen?.add(features, outputs) }

  func solution() throws -> (weight: Tensor, bias: Tensor) {
    guard let means = try seen?.means else { throw RunError.unusable(reason: "there are no classes yet") }
    return (try means * 2, try means.squared().sum([1]).negated())
  }
}
