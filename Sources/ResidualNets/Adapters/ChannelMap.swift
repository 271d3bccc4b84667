import RandomStreams
import TorchCore

/// s·A of one correction: a matrix on channels, full or a product U D of low rank, that starts at zero.
final class ChannelMap: Module {
  private enum Form {
    /// out×in.
    case full(Parameter)
    /// down: rank×in; up: out×rank.
    case product(down: Parameter, up: Parameter)
  }

  private let form: Form
  /// s.
  private let scale: Double
  private let budget: NormBudget?

  init(
    inputs: Int, outputs: Int, isConvolution: Bool, _ description: AdapterDescription, stream: RandomStream
  ) throws {
    if let rank = description.rank(inputs: inputs, outputs: outputs, isConvolution: isConvolution) {
      let down = try Tensor.normal([rank, inputs], stream) * (1 / Double(inputs).squareRoot())
      form = .product(down: try Parameter(down), up: try Parameter(Tensor.zeros([outputs, rank])))
    } else {
      form = .full(try Parameter(Tensor.zeros([outputs, inputs])))
    }
    scale = description.scale
    budget = try description.matrixBudget.map {
      try NormBudget($0, inputs: inputs, stream: stream.stream("budget"))
    }
  }

  /// s·A, out×in.
  func matrix(_ mode: Mode) throws -> Tensor {
    let a =
      switch form {
      case .full(let a): a.value
      case .product(let down, let up): try up.value.matmul(down.value)
      }
    let kept = try budget?.keep(a, mode) ?? a
    return scale == 1 ? kept : try kept * scale
  }

  /// s·A x, a product as two steps.
  /// - Parameter multiply: a matrix on channels, times what it acts on.
  func apply(to x: Tensor, _ mode: Mode, by multiply: (Tensor, Tensor) throws -> Tensor) throws -> Tensor {
    guard case .product(let down, let up) = form, budget == nil else { return try multiply(matrix(mode), x) }
    let product = try multiply(up.value, multiply(down.value, x))
    return scale == 1 ? product : try product * scale
  }

  func visit(_ members: inout Members) {
    switch form {
    case .full(let a): members.parameter("weight", a)
    case .product(let down, let up):
      members.parameter("down", down)
      members.parameter("up", up)
    }
    members.child("budget", budget)
  }
}
