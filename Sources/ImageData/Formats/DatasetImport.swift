import Foundation

/// Data sets in the formats they are published in: IDX, CIFAR, and NumPy's arrays.
public enum DatasetImport {
  /// Finds out what a file or folder holds, and what writing it as PNG files would do. Reads headers and labels, not
  /// pixels.
  ///
  /// Understood are
  /// - IDX, plain or gzip: `…images…` with `…labels…` beside it; a folder may have pairs for train and test (t10k);
  /// - CIFAR-10 and CIFAR-100 in their binary version: `data_batch_*.bin` and `test_batch.bin`, or `train.bin` and
  ///   `test.bin`;
  /// - a .npz file, or a folder of .npy files, with arrays `x_train`, `y_train`, `x_test`, `y_test` (Keras);
  ///   `train_images`, `train_labels`, `val_…`, `test_…` (MedMNIST); `images`, `labels`; or those that the options name;
  /// - a folder of `CLASS/*.npy` or `{train,test}/CLASS/*.npy`, one image each.
  /// - Throws: `DataError` naming the file if nothing is there, nothing is understood, or something is damaged.
  public static func detect(_ url: URL, options: ImportOptions = ImportOptions()) throws -> ImportPlan {
    let isFolder = try ResolvedPath(url.path).isFolder
    let found = try isFolder ? FormatSearch(folder: url, options: options).find() : file(url, options)
    guard options.arrays == nil || found.hasNamedArrays else {
      throw DataError(
        code: .badData, path: url.path, reason: "\(found.format) has no arrays with names",
        advice: "Name arrays for a .npz file or a folder of .npy files only.")
    }
    return try ImportPlan(source: url, format: found.format, sets: found.sets, notes: found.notes, options: options)
  }

  private static func file(_ url: URL, _ options: ImportOptions) throws -> FoundFormat {
    let name = url.lastPathComponent.lowercased()
    if name.hasSuffix(".npz") { return try FormatSearch.arrays(.npz(url), format: "npz", options) }
    let folder = url.deletingLastPathComponent()
    if name.hasSuffix(".npy") {
      throw DataError(
        code: .badData, path: url.path, reason: "one array without its labels",
        advice: "Name the folder that holds it and the array of labels.")
    }
    if let found = try FormatSearch(folder: folder, options: options).cifar(only: url) { return found }
    if let pair = IDXPair(images: url.lastPathComponent) {
      let set = try IDXImages.set(
        named: "all", images: url, labels: pair.labels(in: folder), limit: options.maximumImages)
      return FoundFormat(format: "IDX", sets: [set])
    }
    throw DataError(
      code: .badData, path: url.path, reason: "not a format that is read",
      advice: "Name a folder, a .npz file, one of CIFAR's .bin files, or an IDX file whose name says images.")
  }
}

/// What was found, before it is judged.
struct FoundFormat {
  let format: String
  var sets: [ImportedSet]
  var notes: [String] = []
  /// Whether it consists of arrays that the options may choose from.
  var hasNamedArrays = false
}

/// Names of IDX files that belong together.
struct IDXPair {
  let imagesName: String
  /// The names that the labels may have, the likeliest first.
  let labelNames: [String]

  /// Recognises a file of images by its name, such as train-images-idx3-ubyte.gz.
  init?(images name: String) {
    let lower = name.lowercased()
    guard lower.contains("images"), lower.contains("idx") || lower.contains("ubyte") else { return nil }
    imagesName = name
    var plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
    plain = plain.replacingOccurrences(of: "images", with: "labels")
      .replacingOccurrences(of: "idx3", with: "idx1").replacingOccurrences(of: "idx4", with: "idx1")
    labelNames = name.hasSuffix(".gz") ? [plain + ".gz", plain] : [plain, plain + ".gz"]
  }

  /// "train", "test", or "all".
  var set: String {
    let lower = imagesName.lowercased()
    if lower.contains("train") { return "train" }
    return lower.contains("t10k") || lower.contains("test") ? "test" : "all"
  }

  /// - Throws: `DataError` if there are no labels.
  func labels(in folder: URL) throws -> URL {
    for name in labelNames {
      let url = folder.appendingPathComponent(name)
      if FileManager.default.fileExists(atPath: url.path) { return url }
    }
    throw DataError(
      code: .noSuchInput, path: folder.appendingPathComponent(imagesName).path, reason: "its labels are not beside it",
      advice: "They are expected as \(labelNames.joined(separator: " or ")).")
  }
}
