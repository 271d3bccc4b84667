import OrderedCollections
import ResidualNets
import TensorFiles
import TorchCore

/// Logits that are kept with the images of a memory; a row is as long as there were outputs when it was stored.
struct StoredLogits: Hashable {
  /// By slot of the memory.
  private var rows: [[Float]] = []

  /// How many numbers are kept.
  var count: Int { rows.reduce(0) { $0 + $1.count } }

  /// How many numbers are kept in each of some slots.
  func widths(_ slots: [Int]) -> [Int] { slots.map { rows[$0].count } }

  /// - Parameter slot: one that is in use, or the next.
  mutating func keep(_ row: [Float], in slot: Int) {
    if slot == rows.count { rows.append(row) } else { rows[slot] = row }
  }

  /// The mean of (z − h)² over all stored logits z of some slots, h what the same outputs of the same head say now.
  /// Outputs that came later do not count.
  /// - Parameter answers: to the images of the slots, in order.
  /// - Throws: `StateError` where a row has more logits than its head has outputs.
  func meanSquaredError(_ answers: Answers, _ slots: [Int]) throws -> Tensor {
    let stored = slots.map { rows[$0] }
    let sums = try answers.groups.map { group in
      let own = group.rows.map { $0.map { stored[$0] } } ?? stored
      let width = group.logits.size(1)
      guard own.allSatisfy({ $0.count <= width }) else {
        throw StateError(reason: "more logits are stored than a head has outputs")
      }
      func matrix(_ values: ([Float]) -> [Float]) throws -> Tensor {
        let filled = own.flatMap { values($0) + Array(repeating: 0, count: width - $0.count) }
        return try Tensor(filled, [own.count, width]).to(group.logits.device)
      }
      let takesPart = try matrix { Array(repeating: 1, count: $0.count) }
      return try ((group.logits - matrix { $0 }) * takesPart).squared().sum()
    }
    return try Tensor.stacked(sums).sum() / Double(stored.reduce(0) { $0 + $1.count })
  }

  // MARK: State

  private static let keys = (values: "memory.logits", widths: "memory.widths")

  /// Nothing while nothing is kept.
  func state() throws -> OrderedDictionary<String, HostTensor> {
    guard !rows.isEmpty else { return [:] }
    return [
      Self.keys.values: try HostTensor(rows.flatMap(\.self), shape: [count]),
      Self.keys.widths: try HostTensor(rows.map { Int64($0.count) }, shape: [rows.count]),
    ]
  }

  /// Takes over what a state says, and removes it from there.
  /// - Parameter count: of images that have logits.
  /// - Throws: `StateError` for what are not the logits of so many images.
  mutating func take(from state: inout OrderedDictionary<String, HostTensor>, count: Int) throws {
    var values = try state.removeValue(forKey: Self.keys.values)?.values(as: Float.self)[...] ?? []
    let widths = try state.removeValue(forKey: Self.keys.widths)?.values(as: Int64.self) ?? []
    guard widths.count == count, widths.allSatisfy((1...Int64(Int32.max)).contains),
      widths.reduce(0, +) == values.count
    else { throw StateError(reason: "'\(Self.keys.values)' are not the logits of \(count) images") }
    rows = widths.map { width in
      defer { values = values.dropFirst(Int(width)) }
      return Array(values.prefix(Int(width)))
    }
  }
}

extension Answers {
  /// For each sample of the batch the logits of its own head.
  func rows() throws -> [[Float]] {
    var rows = Array(repeating: [Float](), count: outputs.count)
    for group in groups {
      let (values, width) = (try group.logits.detached().floats(), group.logits.size(1))
      for (place, row) in (group.rows ?? Array(outputs.indices)).enumerated() {
        rows[row] = Array(values[place * width..<(place + 1) * width])
      }
    }
    return rows
  }
}
