import Foundation
import TensorFiles

extension ImportPlan {
  /// Writes every image as a PNG file that holds exactly its samples: `TARGET/{train,test}/CLASS/NUMBER.png`, where the
  /// number is the image's place in the source, so that the order can be restored.
  ///
  /// The target appears only when it is complete and the source has proved undamaged to its end; see `StagedFolder`.
  /// - Throws: `DataError` if the target exists and is not empty, or is the source or inside it; if the source is damaged;
  ///   or if writing fails.
  public func write(to target: URL) throws -> ImportSummary {
    let clock = ContinuousClock()
    let start = clock.now
    let folder = try StagedFolder(target, source: source)
    let progress = LoadProgress(total: sets.reduce(0) { $0 + $1.count }, report: options.progress)
    for set in sets { try write(set, to: folder, progress) }
    try folder.commit()
    return ImportSummary(
      format: format, classes: classFolders, sets: setSummaries, shape: shape, notes: notes,
      seconds: (clock.now - start) / .seconds(1))
  }

  private func write(_ set: ImportedSet, to folder: StagedFolder, _ progress: LoadProgress) throws {
    let prefix = hasSplits ? set.name + "/" : ""
    for label in Set(set.labels) { try folder.makeFolder(prefix + classFolders[label]) }
    let digits = max(5, String(set.count - 1).count)
    let size = set.shape.byteCount
    try set.forEachBlock { first, samples in
      // Read-only while the threads work.
      nonisolated(unsafe) let samples = samples
      try FileWorkers(threads: options.threads).forEach(samples.count / size) { _, slot in
        defer { progress.add() }
        let image = Image(trusted: set.shape, pixels: Array(samples[slot * size..<(slot + 1) * size]))
        let name = (first + slot).padded(to: digits)
        let bytes = try PNG.encode(image)
        try bytes.withUnsafeBytes { bytes in
          try folder.write(bytes, to: "\(prefix)\(classFolders[set.labels[first + slot]])/\(name).png")
        }
      }
    }
  }
}
