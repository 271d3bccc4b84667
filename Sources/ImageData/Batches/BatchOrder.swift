import RandomStreams

/// Which images go into which batch, in every epoch: a pure function of the epoch's number.
public struct BatchOrder: Sendable, Hashable {
  private let indices: [Int]
  private let batchSize: Int
  private let shuffle: RandomStream?
  private let dropLast: Bool

  /// - Parameters:
  ///   - indices: the images of an epoch; each appears once in it.
  ///   - batchSize: images in a batch.
  ///   - shuffle: gives each epoch an order of its own, from its stream of the epoch's number; nil keeps the order.
  ///   - dropLast: whether a last, shorter batch is left out.
  /// - Precondition: `batchSize` is at least 1.
  public init(indices: [Int], batchSize: Int, shuffle: RandomStream?, dropLast: Bool = false) {
    precondition(batchSize >= 1, "a batch holds at least one image")
    self.indices = indices
    self.batchSize = batchSize
    self.shuffle = shuffle
    self.dropLast = dropLast
  }

  /// How many batches every epoch has.
  public var batchCount: Int {
    dropLast ? indices.count / batchSize : (indices.count + batchSize - 1) / batchSize
  }

  /// The batches of an epoch, in order.
  public func batches(epoch: Int) -> [[Int]] {
    let order = shuffle.map { $0.stream(epoch).permutation(indices.count).map { indices[$0] } } ?? indices
    return (0..<batchCount).map { batch in
      let start = batch * batchSize
      return Array(order[start..<min(start + batchSize, order.count)])
    }
  }
}
