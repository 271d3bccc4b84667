import OrderedCollections
import TensorFiles
import TorchCore

/// Adam (Kingma & Ba 2015) and, with decoupled weight decay, AdamW (Loshchilov & Hutter 2019); β₁ = 0.9, β₂ = 0.999,
/// ϵ = 1e-8.
public final class Adam: Optimizer {
  public let parameters: OrderedDictionary<String, Parameter>
  private let weightDecay: Double
  private let decoupled: Bool
  private let means: [Tensor]
  private let variances: [Tensor]
  private var steps = 0

  init(_ parameters: OrderedDictionary<String, Parameter>, weightDecay: Double, decoupled: Bool) throws {
    self.parameters = parameters
    self.weightDecay = weightDecay
    self.decoupled = decoupled
    means = try parameters.values.map { try $0.value.detached().zerosLike() }
    variances = try parameters.values.map { try $0.value.detached().zerosLike() }
  }

  public func step(gradients: [Tensor], rate: Double) throws {
    steps += 1
    try stepAdam(
      parameters: parameters.values.map(\.value), gradients: gradients, means: means, variances: variances,
      step: steps, rate: rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: weightDecay,
      decoupled: decoupled)
  }

  public func state() throws -> OrderedDictionary<String, HostTensor> {
    var state = try slots("mean", means)
    state.merge(try slots("variance", variances)) { $1 }
    state[StepCount.key] = try StepCount.stored(steps)
    return state
  }

  public func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    steps = try loadSlots([("mean", means), ("variance", variances)], from: state)
  }
}
