import OrderedCollections
import TorchCore

/// Whether norms use the batch's own statistics (and constraints refine theirs), or what they have learned.
public enum Mode: Sendable, Hashable {
  case training
  case evaluation
  /// Training in which nothing moves: norms use what they have learned, and budgets are kept by the estimates of
  /// training as they stand.
  case settled
}

/// A learned tensor.
public final class Parameter {
  public private(set) var value: Tensor

  /// - Parameter isFrozen: whether it is settled from the start.
  public init(_ initial: Tensor, isFrozen: Bool = false) throws {
    value = try initial.asLeaf()
    if isFrozen { try freeze() }
  }

  /// Frozen parameters take no gradient and belong to no optimizer.
  public var isFrozen: Bool { !value.requiresGradient }

  fileprivate func freeze() throws { try value.setRequiresGradient(false) }

  fileprivate func map(_ transform: (Tensor) throws -> Tensor) throws {
    let frozen = isFrozen
    value = try transform(value.detached()).asLeaf()
    if frozen { try freeze() }
  }
}

/// A tensor that is part of a module's state but not learned by gradients, such as a running mean.
public final class Buffer {
  public private(set) var value: Tensor

  /// A pinned buffer does not move, also not in training mode.
  public private(set) var isPinned = false

  public init(_ initial: Tensor) throws { value = try initial.detached() }

  fileprivate func pin() { isPinned = true }

  fileprivate func map(_ transform: (Tensor) throws -> Tensor) rethrows { value = try transform(value) }
}

/// A part of a network with named parameters, buffers and children.
public protocol Module: AnyObject {
  /// Names every member once, in a fixed order.
  func visit(_ members: inout Members)
}

/// The parameters and buffers of a module by path, with PyTorch's key names. A module that is used in two places is
/// named once, by the first.
public struct Members {
  public private(set) var parameters: OrderedDictionary<String, Parameter> = [:]
  public private(set) var buffers: OrderedDictionary<String, Buffer> = [:]
  private var prefix = ""
  private var visited: Set<ObjectIdentifier> = []

  public init(of module: any Module) { module.visit(&self) }

  public mutating func parameter(_ name: String, _ parameter: Parameter?) { parameters[prefix + name] = parameter }

  public mutating func buffer(_ name: String, _ buffer: Buffer?) { buffers[prefix + name] = buffer }

  public mutating func child(_ name: String, _ module: (any Module)?) {
    let outer = prefix
    prefix += name + "."
    include(module)
    prefix = outer
  }

  /// The members of a module under the names of this one.
  public mutating func include(_ module: (any Module)?) {
    guard let module, visited.insert(ObjectIdentifier(module)).inserted else { return }
    module.visit(&self)
  }
}

/// Learned tensors of several modules that are not frozen, by the module's name and path: what an optimizer moves.
public func trainableParameters(of modules: [(name: String, module: any Module)]) -> OrderedDictionary<
  String, Parameter
> {
  var parameters: OrderedDictionary<String, Parameter> = [:]
  for (name, module) in modules {
    for (path, parameter) in module.trainableParameters { parameters["\(name).\(path)"] = parameter }
  }
  return parameters
}

extension Module {
  /// Learned tensors that are not frozen, by path.
  public var trainableParameters: OrderedDictionary<String, Parameter> {
    Members(of: self).parameters.filter { !$0.value.isFrozen }
  }

  /// How many numbers the parameters hold, frozen ones included.
  public var parameterCount: Int { Members(of: self).parameters.values.reduce(0) { $0 + $1.value.count } }

  /// Pins everything: parameters take no more gradients, and buffers (the norms' statistics among them) do not move.
  public func freeze() throws {
    let members = Members(of: self)
    for parameter in members.parameters.values { try parameter.freeze() }
    for buffer in members.buffers.values { buffer.pin() }
  }

  /// Replaces every tensor by its image, for example in another element type or on another device.
  public func mapTensors(_ transform: (Tensor) throws -> Tensor) throws {
    let members = Members(of: self)
    for parameter in members.parameters.values { try parameter.map(transform) }
    for buffer in members.buffers.values { try buffer.map(transform) }
  }
}
