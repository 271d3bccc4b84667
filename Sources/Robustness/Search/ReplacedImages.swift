import TorchCore

extension Tensor {
  /// The images of N×C×H×W with some points in the place of theirs.
  /// - Parameter sources: for each image where among the points, M×C×H×W, the one that replaces it stands; nil keeps it.
  func replacingImages(_ sources: [Int?], by points: Tensor) throws -> Tensor {
    guard sources.contains(where: { $0 != nil }) else { return self }
    let index = try Tensor(indices: sources.map { $0 ?? 0 }).to(device)
    return try sampleMask(sources.map { $0 != nil }, like: self).select(points.selectingImages(index), self)
  }
}

/// Where each of `count` samples stands among `rows`; nil for those that do not.
func places(of rows: [Int], among count: Int) -> [Int?] {
  var places: [Int?] = Array(repeating: nil, count: count)
  for (place, row) in rows.enumerated() { places[row] = place }
  return places
}
