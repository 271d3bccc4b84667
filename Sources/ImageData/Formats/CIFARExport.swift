import CPixels

/// Writes CIFAR-10's binary files.
struct CIFARExport {
  /// Records of a training file, as published.
  private static let perBatch = 10_000

  let sets: [ExportSet]
  let labels: ExportLabels
  let classes: [String]

  func write(to folder: StagedFolder) throws -> [String] {
    var files: [String] = []
    for set in sets {
      let isTest = set.name == "test"
      let perBatch = isTest ? set.images.count : Self.perBatch
      var open: StagedFile?
      var index = 0
      let numbers = set.images.labels.map { labels.numbers[$0] }
      try set.images.forEachBlock { samples in
        for start in stride(from: 0, to: samples.count, by: CIFARImages.imageBytes) {
          if index % perBatch == 0 {
            try open?.close()
            let file = isTest ? "test_batch.bin" : "data_batch_\(index / perBatch + 1).bin"
            open = try folder.create(file)
            files.append(file)
          }
          try open?.append(record(samples, at: start, label: numbers[index]))
          index += 1
        }
      }
      try open?.close()
    }
    try writeNames(to: folder)
    return files + [CIFARImages.Kind.ten.namesFile]
  }

  private func record(_ samples: [UInt8], at start: Int, label: Int) -> [UInt8] {
    var record = [UInt8](repeating: UInt8(label), count: 1 + CIFARImages.imageBytes)
    record.withUnsafeMutableBytes { record in
      samples.withUnsafeBytes { samples in
        cpixels_separate(
          samples.baseAddress?.advanced(by: start), 1, CIFARImages.pixelCount, 3, record.baseAddress?.advanced(by: 1))
      }
    }
    return record
  }

  /// A line a label, those without a class by their number.
  private func writeNames(to folder: StagedFolder) throws {
    let names = Dictionary(uniqueKeysWithValues: zip(labels.numbers, classes))
    let lines = (0...(labels.numbers.max() ?? 0)).map { (names[$0] ?? "\($0)") + "\n" }
    let file = try folder.create(CIFARImages.Kind.ten.namesFile)
    try file.append(Array(lines.joined().utf8))
    try file.close()
  }
}
