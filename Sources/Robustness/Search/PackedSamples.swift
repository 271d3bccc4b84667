import TorchCore

/// Some samples of a batch, packed together: what a search for the nearest adversarial needs to know of each.
struct PackedSamples {
  let rows: LiveRows
  /// The clean images, N×C×H×W, channels-last.
  let clean: Tensor
  /// The boundary that the batch's goal lies beyond.
  let goal: ClassPairs

  /// - Parameter rows: where the samples stand in the batch; a sample may be there more than once.
  init(_ batch: AttackBatch, rows: [Int]) throws {
    let index = try Tensor(indices: rows).to(batch.pixels.device)
    self.rows = LiveRows(rows)
    clean = rows == Array(0..<batch.count) ? batch.pixels : try batch.pixels.selectingImages(index)
    switch batch.goal {
    case .misclassification: goal = .leaving(try batch.labelTensor.selecting(0, index))
    case .targets(let targets):
      goal = .reaching(try Tensor(indices: rows.map { targets[$0] }).to(batch.pixels.device))
    }
  }

  private init(_ other: PackedSamples, _ rows: LiveRows, _ places: Tensor) throws {
    self.rows = rows
    clean = try other.clean.selectingImages(places)
    goal = try other.goal.selecting(places)
  }

  /// What remains once only `live` matter, with the places of those that stay; nil while packing does not pay.
  func packed(to live: [Int]) throws -> (samples: PackedSamples, places: Tensor)? {
    guard let (rows, places) = try rows.packed(to: live, on: clean.device) else { return nil }
    return (try PackedSamples(self, rows, places), places)
  }

  /// How far the goal leads, N: positive exactly where it is reached.
  func lead(_ logits: Tensor) throws -> Tensor {
    let pairs = try goal.pairs(logits)
    return try pairs[0].difference(logits)
  }
}
