import OrderedCollections
import TorchCore

/// The class of the nearest mean of features: −‖h − μ‖² is, but for ‖h‖², which all classes share, the linear 2μ·h −
/// ‖μ‖².
///
/// Divided by the number of features, which moves no class before another: as they are, such logits lie so far apart
/// that the softmax saturates, and attacks by its gradient fail where there is nothing to be robust about.
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
    let features = Double(means.size(1))
    return (try means * (2 / features), try means.squared().sum([1]) / -features)
  }
}
