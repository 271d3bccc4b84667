import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// How wide separate networks may be: the same description with the largest width at which the networks of all tasks
/// have no more parameters than the trunk, adapters and heads that the adapter strategy would have in their place.
struct SeparatePlan {
  let description: NetworkDescription
  /// Of all networks, heads included.
  let parameters: Int
  /// Of trunk, adapters and heads.
  let budget: Int
  private let taskCount: Int

  var summary: String {
    "\(taskCount) separate networks of width \(description.width): \(parameters) parameters, at most the \(budget) of one "
      + "trunk with adapters and heads"
  }

  /// - Throws: `RunError.unusable` where not even the narrowest networks keep the budget.
  init(_ configuration: Configuration, _ stream: TaskStream) throws {
    let (network, classCounts) = (configuration.network, stream.tasks.map(\.classes.count))
    let shape = stream.shape.inputShape
    taskCount = classCounts.count
    let trunk = try network.trunkToCount(shape)
    let adapter = try Adapter(for: trunk, configuration.strategy.adapter, stream: RandomStream(seed: 0))
    // Behind the trunk that it trained itself, the first task has no side path.
    let adapters = configuration.strategy.adapter.kind == .side ? taskCount - 1 : taskCount
    budget =
      trunk.parameterCount + adapters * adapter.parameterCount + headParameters(trunk.featureCount, classCounts)

    func networks(_ width: Int) throws -> Int {
      let trunk = try network.ofWidth(width).trunkToCount(shape)
      return classCounts.count * trunk.parameterCount + headParameters(trunk.featureCount, classCounts)
    }
    // Heads of a transformer divide its width.
    let unit = network.architecture == .vit ? network.heads : 1
    var (fitting, excess) = (0, network.width / unit + 1)
    while excess - fitting > 1 {
      let middle = (fitting + excess) / 2
      if try networks(middle * unit) <= budget { fitting = middle } else { excess = middle }
    }
    guard fitting > 0 else {
      throw RunError.unusable(
        reason:
          "strategy.kind separate: \(taskCount) networks of width \(unit) have more than the \(budget) parameters of "
          + "one trunk with adapters: a larger network.width or fewer tasks leave room")
    }
    description = network.ofWidth(fitting * unit)
    parameters = try networks(fitting * unit)
  }
}

private func headParameters(_ features: Int, _ classCounts: [Int]) -> Int {
  classCounts.reduce(0) { $0 + (features + 1) * $1 }
}

extension NetworkDescription {
  /// A trunk of which only the sizes matter.
  fileprivate func trunkToCount(_ inputShape: [Int]) throws -> any Trunk {
    let channels = inputShape[0]
    return try makeTrunk(
      inputShape: inputShape, statistics: .identity(channels: channels), stream: RandomStream(seed: 0))
  }
}
