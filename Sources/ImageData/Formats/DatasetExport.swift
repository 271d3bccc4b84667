import Foundation

/// Writes an image folder in the formats that ``DatasetImport`` reads.
public enum DatasetExport {
  public enum Format: Sendable, Hashable {
    /// A folder of `train-images-idx3-ubyte` and so on; idx4 with channels last where there are several. 8 bits.
    case idx(gzip: Bool)
    /// One file with the arrays `x_train`, `y_train`, `x_test`, `y_test`; N × H × W, or with channels last.
    case npz
    /// A folder of `train_images.npy`, `train_labels.npy` and the same for test.
    case npy
    /// A folder of `data_batch_1.bin` …, `test_batch.bin` and `batches.meta.txt`. RGB of 32 × 32, at most 10 classes.
    case cifar10
  }

  /// The decoding that keeps what the files of a folder hold: a channel of alpha where any has transparency, and 16
  /// bits where any has as many.
  ///
  /// - Parameter options: the limits and threads. Headers are read, not pixels.
  /// - Throws: `DataError` if the folder is not there, or has no readable images.
  public static func policy(
    for source: URL, options: ImageFolderOptions = ImageFolderOptions()
  ) throws -> DecodingPolicy {
    try ExportSource(source, decoding: nil, options: options).decoding
  }

  /// Writes train and test, or all images of a folder without them as one set: `images-idx3-ubyte` and
  /// `labels-idx1-ubyte`; arrays `images` and `labels`; `images.npy` and `labels.npy`; `data_batch_1.bin` ….
  ///
  /// Images come in the order of their file names, whatever their class: numbers by value, then other names. A folder
  /// that was imported so gives back the order, the pixels and the labels that it came from. A label is the number that
  /// the class's name is, or begins with before a hyphen, where all have one of their own; else the place of the class.
  /// - Parameters:
  ///   - decoding: what stored samples become; nil: `policy(for:options:)`.
  ///   - options: strictness, storage, limits, threads and progress; its decoding and split are unused.
  /// - Returns: what was written, with a note of everything that was changed on the way.
  /// - Throws: `DataError` if the folder has no readable images, or they differ in size; the format cannot hold them; the
  ///   target exists (a folder that is not empty, or a file), or is the source or inside it; or writing fails.
  public static func write(
    _ source: URL, as format: Format, to target: URL, decoding: DecodingPolicy? = nil,
    options: ImageFolderOptions = ImageFolderOptions()
  ) throws -> DatasetExportSummary {
    // Before hours of decoding.
    let folder = format == .npz ? nil : try StagedFolder(target, source: source)
    if folder == nil { try ExportWriter.requireFree(target, source: source) }
    let images = try ExportSource(source, decoding: decoding, options: options).load()
    let fit = ExportFit(images)
    let writer = ExportWriter(sets: images.sets, labels: images.labels)
    let files: [String]
    switch (format, folder) {
    case (.npz, _), (_, nil): files = try writer.writeNPZ(to: target)
    case (.npy, let folder?): files = try writer.writeNPY(to: folder)
    case (.idx(let gzip), let folder?):
      try fit.requireBytes("IDX")
      files = try writer.writeIDX(gzip: gzip, to: folder)
    case (.cifar10, let folder?):
      try fit.requireCIFAR()
      files = try CIFARExport(sets: images.sets, labels: images.labels, classes: images.classes).write(to: folder)
    }
    try folder?.commit()
    return DatasetExportSummary(files: files, images)
  }
}
