import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

/// Holds weights near where they were, each as firmly as it is important: Σ_i Ω_i (θ_i − θ*_i)².
///
/// The methods that use it differ in Ω and in the factor before the sum, which each states itself.
struct QuadraticAnchor {
  /// Ω ≥ 0.
  private(set) var importance: ParameterTable = [:]
  /// θ*.
  private(set) var values: ParameterTable = [:]

  /// Whether nothing is held yet.
  var isEmpty: Bool { values.isEmpty }

  /// Σ Ω (θ − θ*)², a scalar with a graph; nil while nothing is held.
  func penalty(_ parameters: OrderedDictionary<String, Parameter>) throws -> Tensor? {
    let terms = try displacements(parameters).map { try ($0.importance * $0.displacement.squared()).sum() }
    return terms.isEmpty ? nil : try Tensor.stacked(terms).sum()
  }

  /// The gradient of ``penalty(_:)``, 2 Ω (θ − θ*), by key.
  func gradient(_ parameters: OrderedDictionary<String, Parameter>) throws -> ParameterTable {
    try withoutGradients {
      try ParameterTable(
        uniqueKeysWithValues: displacements(parameters).map { ($0.key, try $0.importance * $0.displacement * 2) })
    }
  }

  /// Goes on from the weights as they are now: θ* ← θ, Ω ← `importance`.
  mutating func settle(at parameters: OrderedDictionary<String, Parameter>, importance: ParameterTable) throws {
    values = try parameters.snapshot()
    self.importance = try importance.mapValues { try $0.detached() }
  }

  private func displacements(_ parameters: OrderedDictionary<String, Parameter>) throws -> [(
    key: String, importance: Tensor, displacement: Tensor
  )] {
    try parameters.compactMap { key, parameter in
      guard let importance = importance[key], let anchor = values[key] else { return nil }
      return (key, importance, try parameter.value - anchor)
    }
  }

  // MARK: State

  private static let importanceName = "importance"
  private static let valuesName = "anchor"

  func store(in state: inout OrderedDictionary<String, HostTensor>) throws {
    try state.store(importance, as: Self.importanceName)
    try state.store(values, as: Self.valuesName)
  }

  init() {}

  /// Takes a stored anchor out of a state.
  /// - Throws: `StateError` where it does not fit the parameters.
  init(
    from state: inout OrderedDictionary<String, HostTensor>, for parameters: OrderedDictionary<String, Parameter>
  ) throws {
    importance = try state.takeTable(Self.importanceName, for: parameters)
    values = try state.takeTable(Self.valuesName, for: parameters)
    guard importance.isEmpty == values.isEmpty else {
      throw StateError(
        reason: "there are tensors of '\(importance.isEmpty ? Self.valuesName : Self.importanceName)' and none of "
          + "'\(importance.isEmpty ? Self.importanceName : Self.valuesName)'")
    }
  }
}
