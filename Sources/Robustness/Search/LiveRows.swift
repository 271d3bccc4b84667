import TorchCore

/// The samples that a step works on, packed together: where each stands in its batch. Those that were fooled leave once
/// fewer than three in four are live, because packing costs a copy and changes the bits of later steps.
struct LiveRows {
  /// A sample may be there more than once, with another target each time.
  let rows: [Int]

  init(_ rows: [Int]) { self.rows = rows }

  /// What remains once only `live` matter, with the places (int64) of those that stay; nil while packing does not pay.
  func packed(to live: [Int], on device: Device) throws -> (rows: LiveRows, places: Tensor)? {
    let wanted = Set(live)
    let places = rows.indices.filter { wanted.contains(rows[$0]) }
    guard 4 * places.count < 3 * rows.count else { return nil }
    return (LiveRows(places.map { rows[$0] }), try Tensor(indices: places).to(device))
  }
}
