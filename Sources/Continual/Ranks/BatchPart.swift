import Distributed
import TorchCore

/// What a rank takes of one batch on its way through the network: all of it where it learns alone, else its share.
struct BatchPart {
  /// Of the batch.
  let rows: Range<Int>
  /// The network for them; norms that look at the batch see all of it.
  let learning: any Learning
  /// nil for all of the batch.
  private let share: BatchShare?

  /// - Parameters:
  ///   - count: of the whole batch's images, at least 1.
  ///   - ranks: those who learn from it together; nil where this one does alone.
  init(of count: Int, _ learning: any Learning, _ ranks: Communicator?) {
    share = ranks.map { BatchShare(of: count, $0) }
    rows = share?.rows ?? 0..<count
    self.learning = share.map(learning.sharing) ?? learning
  }

  /// The rows of a batch that is all here.
  func taken(of batch: (inputs: Tensor, outputs: [Int])) throws -> (inputs: Tensor, outputs: [Int]) {
    (try batch.inputs.rows(rows), Array(batch.outputs[rows]))
  }

  /// This rank's summand of a mean over the batch; those of all ranks add up to it.
  /// - Parameter mean: over the rows, or what does not depend on them, such as a penalty on weights.
  func summand(ofMean mean: Tensor) throws -> Tensor { try share.map { try mean * $0.weight } ?? mean }

  /// The same of a mean over amounts of which the batch's images have several each.
  /// - Parameters:
  ///   - mean: over all that the rows have.
  ///   - amounts: of each image of the batch.
  func summand(ofMean mean: Tensor, over amounts: [Int]) throws -> Tensor {
    try share.map { try mean * $0.weight(of: amounts) } ?? mean
  }

  /// The values of all images of the batch, where every rank has those of its rows.
  func all(_ values: [[Float]]) throws -> [[Float]] { try share?.all(values) ?? values }
}
