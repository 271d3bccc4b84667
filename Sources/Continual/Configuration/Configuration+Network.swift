import RandomStreams
import ResidualNets
import TorchCore

extension Configuration {
  /// The network that the first task begins with where nothing is learned yet: what it is made of, not what it knows. With
  /// the adapter that later tasks have, where the strategy gives them one.
  ///
  /// - Parameters:
  ///   - inputShape: channels, height, width of the images.
  ///   - classCount: classes of a task.
  /// - Throws: `DescriptionError`, `TorchError`.
  @TorchActor
  public func untrainedNetwork(inputShape: [Int], classCount: Int) throws -> TaskNetwork {
    let stream = RandomStream(seed: seed)
    let channels = inputShape.first ?? 0
    let trunk = try network.makeTrunk(
      inputShape: inputShape,
      statistics: PixelStatistics(
        mean: Array(repeating: 0, count: channels), std: Array(repeating: 1, count: channels)),
      stream: stream.stream("trunk"))
    let adapter =
      strategy.kind == .adapters
      ? try Adapter(for: trunk, strategy.adapter, stream: stream.stream("adapter")) : nil
    let head = try network.makeHead(
      features: trunk.featureCount, classCount: classCount, stream: stream.stream("head"))
    return TaskNetwork(trunk: trunk, adapter: adapter, head: head)
  }
}
