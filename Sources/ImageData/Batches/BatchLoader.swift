import Foundation

/// Makes batches ahead of their use, on threads of its own, in an order that depends on nothing but its inputs.
///
/// At most `ahead` batches are in memory beyond those handed out. The threads end with the last batch, with `cancel()`,
/// or with the loader.
public final class BatchLoader: Sendable {
  /// Changes the samples of a batch in place: batch size × height × width × channels, of the images at the
  /// places, in an epoch. Called from several threads at once.
  public typealias Augmentation = @Sendable (_ pixels: inout [UInt8], _ places: [Int], _ epoch: Int) throws -> Void

  private let line: BatchLine

  /// Starts to make batches.
  ///
  /// - Parameters:
  ///   - order: of the places `0..<images.count`, or some of them.
  ///   - augmentation: what happens to the samples of every batch; its result may depend on its arguments only.
  ///   - epochs: those to go through, one after another.
  ///   - start: the first batch wanted; nil begins with the first epoch. A batch beyond an epoch's last stands for the
  ///     one as far into the next.
  ///   - ahead: how many batches may be made before they are asked for, at least 1.
  ///   - threads: how many batches are made at once, at least 1.
  public init(
    images: any LabelledImages, order: BatchOrder, augmentation: Augmentation? = nil, epochs: Range<Int>,
    startingAt start: (epoch: Int, batch: Int)? = nil, ahead: Int = 3, threads: Int = 1
  ) {
    let start = start ?? (epochs.lowerBound, 0)
    let (ahead, threads) = (max(1, ahead), max(1, threads))
    line = BatchLine(
      BatchSchedule(order: order, epochs: epochs, start: start), ahead: ahead, threads: min(threads, ahead)
    ) { epoch, number, places in
      var pixels = try images.gather(places)
      try augmentation?(&pixels, places, epoch)
      return Batch(
        epoch: epoch, number: number, places: places, pixels: pixels, targets: places.map(images.target))
    }
  }

  deinit { line.cancel() }

  /// The next batch, waiting until it is made; nil after the last, and after `cancel()`.
  ///
  /// - Throws: what making this batch threw. The batch after it can be asked for then.
  public func next() throws -> Batch? { try line.next()?.get() }

  /// Stops making batches; returns when all threads have ended, each after the batch it was making.
  public func cancel() { line.cancel() }
}

/// Some images of a task, ready for use.
public struct Batch: Sendable, Hashable {
  public let epoch: Int
  /// Its number in the epoch, from 0.
  public let number: Int
  /// Places of the images in the task.
  public let places: [Int]
  /// places.count × height × width × channels samples, in the byte order of the machine.
  public let pixels: [UInt8]
  /// For each image the output that is right.
  public let targets: [Int]
}
