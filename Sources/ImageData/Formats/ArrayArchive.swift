import Foundation
import TensorFiles

/// Named arrays: those of a .npz file, or the .npy files of a folder.
enum ArrayArchive: Sendable {
  case npz(URL)
  /// Files by name.
  case files([String: URL], folder: URL)

  var path: String {
    switch self {
    case .npz(let url): url.path
    case .files(_, let folder): folder.path
    }
  }

  func names() throws -> [String] {
    switch self {
    case .npz(let url): try DataError.fromTensorFiles { try NPZReader(contentsOf: url).names }
    case .files(let files, _): files.keys.sorted(by: scalarOrder)
    }
  }

  /// A reader at the start of an array.
  ///
  /// - Throws: `DataError` if there is no such array, or its header is damaged.
  func open(_ name: String) throws -> NPYReader {
    let reader = try DataError.fromTensorFiles {
      switch self {
      case .npz(let url): try NPZReader(contentsOf: url).array(name)
      case .files(let files, _): try files[name].map { try NPYReader(contentsOf: $0) }
      }
    }
    guard let reader else { throw try missing([name]) }
    return reader
  }

  /// - Throws: `DataError` if what was asked for is not here, or makes no data set.
  func check(_ asked: [ImportOptions.Arrays]) throws {
    func fault(_ reason: String, _ advice: String = "") -> DataError {
      DataError(code: .badData, path: path, reason: reason, advice: advice)
    }
    guard !asked.isEmpty else { throw fault("no arrays named to read") }
    let names = try Set(names())
    let absent = asked.flatMap { [$0.images, $0.labels] }.filter { !names.contains($0) }
    guard absent.isEmpty else { throw try missing(absent) }
    let sets = asked.map(\.set)
    let known = ["train", "val", "test", "all"]
    guard Set(sets).count == sets.count, Set(sets).isSubset(of: known) else {
      throw fault(
        "arrays for sets named \(sets.joined(separator: ", "))", "Name each of train, val and test once, or all alone.")
    }
    if let same = asked.first(where: { $0.images == $0.labels }) {
      throw fault("\(same.images) is named as both images and labels of \(same.set)")
    }
  }

  private func missing(_ absent: [String]) throws -> DataError {
    let names = try names()
    return DataError(
      code: .badData, path: path, reason: "no array named \(absent.joined(separator: ", "))",
      advice: "It has \(names.prefix(12).joined(separator: ", "))\(names.count > 12 ? ", …" : "").")
  }

  /// Pairs of array names in use: Keras, MedMNIST, and plain ones. A set has one of its pairs.
  private static let conventions: [ImportOptions.Arrays] = [
    .init(set: "train", images: "x_train", labels: "y_train"),
    .init(set: "train", images: "train_images", labels: "train_labels"),
    .init(set: "train", images: "train/images", labels: "train/labels"),
    .init(set: "val", images: "x_val", labels: "y_val"),
    .init(set: "val", images: "val_images", labels: "val_labels"),
    .init(set: "val", images: "val/images", labels: "val/labels"),
    .init(set: "test", images: "x_test", labels: "y_test"),
    .init(set: "test", images: "test_images", labels: "test_labels"),
    .init(set: "test", images: "test/images", labels: "test/labels"),
    .init(set: "all", images: "images", labels: "labels"),
    .init(set: "all", images: "x", labels: "y"),
  ]

  /// The pairs that are here, by well-known names.
  func pairs() throws -> [ImportOptions.Arrays] {
    let names = try Set(names())
    return Self.conventions.filter { names.contains($0.images) && names.contains($0.labels) }
  }
}
