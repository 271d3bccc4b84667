import RandomStreams

/// Chooses a side for each group of files with the same content.
struct GroupedSplit {
  private let folder: InspectedFolder
  private let groups: [[Int]]
  private let fractions: DatasetSplit.Fractions
  private let stream: RandomStream

  init(_ folder: InspectedFolder, groups: [[Int]], fractions: DatasetSplit.Fractions, seed: UInt64) {
    self.folder = folder
    self.groups = groups
    self.fractions = fractions
    stream = RandomStream(seed: seed).stream("dataset split")
  }

  /// For each file 0 for train, 1 for test, nil for neither.
  ///
  /// - Throws: `DataError` if a class cannot give a file to each side.
  func sides() throws -> [Int?] {
    var sides = [Int?](repeating: nil, count: folder.files.count)
    var own = [[[Int]]](repeating: [], count: folder.classes.count)
    for group in groups {
      let label = folder.files[group[0]].label
      if group.allSatisfy({ folder.files[$0].label == label }) {
        own[label].append(group)
      } else {
        // Of several classes: no such label can be tested, and it must not be in both sides.
        for file in group { sides[file] = 0 }
      }
    }
    var sharedCount = [Int](repeating: 0, count: folder.classes.count)
    for (file, side) in zip(folder.files, sides) where side != nil { sharedCount[file.label] += 1 }
    for (label, name) in folder.classes.enumerated() {
      try divide(own[label], shared: sharedCount[label], name, &sides)
    }
    return sides
  }

  /// Divides the groups of one class, of whose files `shared` are in train already.
  private func divide(_ groups: [[Int]], shared: Int, _ name: String, _ sides: inout [Int?]) throws {
    // A stream for each class, so that images added to one class leave the others where they were.
    let order = stream.stream(name).permutation(groups.count).map { groups[$0] }
    let total = groups.reduce(shared) { $0 + $1.count }
    let testSize = max(1, Int((Double(total) * fractions.test).rounded()))
    let trainSize = max(1, Int((Double(total) * min(fractions.train, 1 - fractions.test)).rounded()))
    let isAll = fractions.train + fractions.test > 1 - 1e-9
    var chosen = take(order, atMost: testSize)
    // Every group is larger than the share: as little more than that as can be.
    if chosen.isEmpty { chosen = smallest(order) }
    let rest = order.indices.filter { !chosen.contains($0) }
    let restOrder = rest.map { order[$0] }
    var kept = isAll ? Set(restOrder.indices) : take(restOrder, atMost: trainSize - shared)
    if kept.isEmpty, shared == 0 { kept = smallest(restOrder) }
    guard !chosen.isEmpty, shared > 0 || !kept.isEmpty else {
      throw DataError(
        code: .badData, path: folder.root + "/" + name,
        reason: "\(groups.count) different images of its own, and a class needs two to be divided into train and test",
        advice: "Add images to the class, or remove it.")
    }
    for index in chosen { for file in order[index] { sides[file] = 1 } }
    for index in kept { for file in restOrder[index] { sides[file] = 0 } }
  }

  /// The smallest group alone; none of none.
  private func smallest(_ groups: [[Int]]) -> Set<Int> {
    Set(groups.indices.min { groups[$0].count < groups[$1].count }.map { [$0] } ?? [])
  }

  /// Groups in their order, as long as they fit: those too large for the room left are passed over.
  private func take(_ groups: [[Int]], atMost size: Int) -> Set<Int> {
    var room = size
    var taken: Set<Int> = []
    for (index, group) in groups.enumerated() where group.count <= room {
      taken.insert(index)
      room -= group.count
    }
    return taken
  }
}
