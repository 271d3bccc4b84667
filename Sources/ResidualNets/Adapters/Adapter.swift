import OrderedCollections
import RandomStreams
import TorchCore

/// What one task adds to a frozen trunk: corrections of its layers, or a path of its own behind its features, and norms
/// with parameters and statistics of its own. It starts as no correction at all.
public final class Adapter: Module {
  public let description: AdapterDescription
  private let corrections: OrderedDictionary<String, any Correction>
  private let norms: OrderedDictionary<String, any Norm>
  /// Behind the trunk's features, where the adapter is of that kind.
  let side: SidePath?

  /// - Throws: `DescriptionError` where the description makes no sense.
  public init(
    for trunk: any Trunk, _ description: AdapterDescription = AdapterDescription(), stream: RandomStream
  ) throws {
    try description.validate()
    let description = description.completed(for: trunk.description)
    self.description = description
    var corrections: OrderedDictionary<String, any Correction> = [:]
    for layer in trunk.adaptableLayers {
      corrections[layer.site] = try description.makeCorrection(of: layer, stream: stream.stream(layer.site))
    }
    self.corrections = corrections
    norms =
      description.replacesNorms
      ? try OrderedDictionary(uniqueKeysWithValues: trunk.norms.map { ($0.site, try $0.copy()) }) : [:]
    side = description.kind == .side ? try SidePath(features: trunk.featureCount, description, stream: stream) : nil
  }

  func correction(at site: String) -> (any Correction)? { corrections[site] }

  func norm(at site: String) -> (any Norm)? { norms[site] }

  public func visit(_ members: inout Members) {
    for (site, correction) in corrections { members.child(site, correction) }
    for (site, norm) in norms { members.child(site, norm) }
    members.include(side)
  }
}

extension AdapterDescription {
  /// Whether a task has norms of its own in place of the trunk's. Under a budget the trunk's stay: nothing bounds a
  /// norm before it is learned.
  var replacesNorms: Bool { kind != .side && budget == nil }

  /// Whether the corrections of such a network's adapter, or its side path, keep a budget, and no norm is the task's
  /// own.
  public func hasBudget(in network: NetworkDescription) -> Bool { completed(for: network).budget != nil }

  /// In a network whose branches have a budget, a side path has it too; corrections of layers are constrained with
  /// their layer, where they have no budget of their own.
  func completed(for network: NetworkDescription) -> AdapterDescription {
    var description = self
    if kind == .side { description.budget = budget ?? network.branchBudget }
    return description
  }
}
