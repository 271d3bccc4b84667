import Distributed
import ResidualNets
import TorchCore

/// One rank's part of a batch that all ranks learn from together: rows in a row, shares as equal as can be.
///
/// Where a batch has fewer images than there are ranks, some have none. They go along with its first image, so that
/// every rank takes part in every sum, and give zeros.
struct BatchShare: BatchSharing {
  /// Of the batch.
  let rows: Range<Int>
  /// What a mean over the rows is multiplied by, so that the sum over ranks is the mean over the batch.
  let weight: Double
  private let ranks: Communicator
  private let isEmpty: Bool

  /// - Parameter count: of the whole batch's images, at least 1.
  init(of count: Int, _ ranks: Communicator) {
    let own = ranks.rank * count / ranks.size..<(ranks.rank + 1) * count / ranks.size
    isEmpty = own.isEmpty
    rows = isEmpty ? 0..<1 : own
    weight = Double(own.count) / Double(count)
    self.ranks = ranks
  }

  func sum(_ values: inout [Double]) throws {
    if isEmpty { values = Array(repeating: 0, count: values.count) }
    try ranks.sum(&values)
  }

  func sum(_ values: inout [Float]) throws {
    if isEmpty { values = Array(repeating: 0, count: values.count) }
    try ranks.sum(&values)
  }

  func sum(_ value: Double) throws -> Double {
    var values = [value]
    try sum(&values)
    return values[0]
  }

  /// Everyone's gradients of the same parameters, added up; as one message.
  func sum(_ gradients: [Tensor]) throws -> [Tensor] {
    guard let device = gradients.first?.device else { return [] }
    let flat = try Tensor.concatenated(gradients.map { try $0.reshaped([-1]) })
    let sums: Tensor
    if try flat.dtype == .float64 {
      var values = try flat.doubles()
      try sum(&values)
      sums = try Tensor(values, [values.count]).to(device)
    } else {
      var values = try flat.floats()
      try sum(&values)
      sums = try Tensor(values, [values.count]).to(device)
    }
    var start = 0
    return try gradients.map { gradient in
      defer { start += gradient.count }
      return try sums.narrowed(0, from: start, count: gradient.count).reshaped(gradient.shape).to(gradient.dtype)
    }
  }
}
