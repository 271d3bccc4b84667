/// All batches of some epochs in one line, read one after another.
struct BatchSchedule {
  private let order: BatchOrder
  private let perEpoch: Int
  private let firstEpoch: Int
  /// Where the batch after the last would stand.
  let end: Int
  /// Where the first batch wanted stands.
  let start: Int
  /// The batches of the epoch asked for last.
  private var current: (epoch: Int, batches: [[Int]])?

  init(order: BatchOrder, epochs: Range<Int>, start: (epoch: Int, batch: Int)) {
    self.order = order
    perEpoch = order.batchCount
    firstEpoch = epochs.lowerBound
    end = Self.saturated(epochs.count, perEpoch, 0)
    self.start = perEpoch == 0 ? 0 : Self.saturated(max(0, start.epoch - firstEpoch), perEpoch, max(0, start.batch))
  }

  /// The batch at a place of the line, which is below `end`.
  mutating func batch(at index: Int) -> (epoch: Int, number: Int, places: [Int]) {
    let (epoch, number) = (firstEpoch + index / perEpoch, index % perEpoch)
    if current?.epoch != epoch { current = (epoch, order.batches(epoch: epoch)) }
    return (epoch, number, current?.batches[number] ?? [])
  }

  /// a × b + c, or the largest number where that is larger.
  private static func saturated(_ a: Int, _ b: Int, _ c: Int) -> Int {
    let (product, isTooLarge) = a.multipliedReportingOverflow(by: b)
    let (sum, isSumTooLarge) = product.addingReportingOverflow(c)
    return isTooLarge || isSumTooLarge ? .max : sum
  }
}
