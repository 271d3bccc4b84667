import OrderedCollections
import TensorFiles
import TorchCore

/// Stochastic gradient descent with momentum and weight decay, as PyTorch defines them:
/// g ← g + λθ; v ← μv + g; θ ← θ − η·(v, or g + μv with Nesterov).
public final class SGD: Optimizer {
  public let parameters: OrderedDictionary<String, Parameter>
  private let momentum: Double
  private let nesterov: Bool
  private let weightDecay: Double
  private let momenta: [Tensor]
  private var steps = 0

  init(
    _ parameters: OrderedDictionary<String, Parameter>, momentum: Double, nesterov: Bool, weightDecay: Double
  ) throws {
    self.parameters = parameters
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    momenta = momentum == 0 ? [] : try parameters.values.map { try $0.value.detached().zerosLike() }
  }

  public func step(gradients: [Tensor], rate: Double) throws {
    try stepSGD(
      parameters: parameters.values.map(\.value), gradients: gradients, momenta: momenta, rate: rate,
      momentum: momentum, weightDecay: weightDecay, nesterov: nesterov, first: steps == 0)
    steps += 1
  }

  public func state() throws -> OrderedDictionary<String, HostTensor> {
    var state = try slots("momentum", momenta)
    state[StepCount.key] = try StepCount.stored(steps)
    return state
  }

  public func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    steps = try loadSlots([("momentum", momenta)], from: state)
  }
}
