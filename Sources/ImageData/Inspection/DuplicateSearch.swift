import Crypto
import Foundation

/// Finds files of the same content: first by digest, which every file has, then by the pixels themselves.
struct DuplicateSearch {
  typealias File = InspectedFolder.File

  let folder: InspectedFolder
  let options: ImageFolderOptions

  init(_ folder: InspectedFolder, options: ImageFolderOptions) {
    self.folder = folder
    self.options = options
  }

  /// The groups of two and more, in order of their first path.
  func duplicates() -> [DatasetSummary.Duplicate] {
    groups().filter { $0.count > 1 }.map { group in
      let files = group.map { folder.files[$0] }
      let splits = Set(files.map(\.split)).map { folder.splits[$0] }
      return DatasetSummary.Duplicate(
        paths: files.map(\.path), acrossSplits: Set(splits.map(\.part)).count > 1,
        acrossClasses: Set(files.map(\.label)).count > 1, acrossDomains: Set(splits.map(\.domain)).count > 1)
    }
    .sorted { scalarOrder($0.paths[0], $1.paths[0]) }
  }

  /// Indices of files by content: each file is in one group, and groups come in order of their first file.
  func groups() -> [[Int]] {
    var places: [SHA256.Digest: Int] = [:]
    var candidates: [[Int]] = []
    for (index, file) in folder.files.enumerated() {
      if let place = places[file.content.digest] {
        candidates[place].append(index)
      } else {
        places[file.content.digest] = candidates.count
        candidates.append([index])
      }
    }
    let reader = FileReader()
    return candidates.flatMap { $0.count == 1 ? [$0] : confirmed($0, reader) }
  }

  /// Divides files of one digest by their pixels. Holds one image of each content and one more, however many files.
  private func confirmed(_ candidates: [Int], _ reader: FileReader) -> [[Int]] {
    var found: [(image: Image, members: [Int])] = []
    var unreadable: [[Int]] = []
    for index in candidates {
      guard let image = image(index, reader) else {
        // It has vanished since it was inspected: equal to nothing.
        unreadable.append([index])
        continue
      }
      if let place = found.firstIndex(where: { $0.image == image }) {
        found[place].members.append(index)
      } else {
        found.append((image, [index]))
      }
    }
    return found.map(\.members) + unreadable
  }

  private func image(_ index: Int, _ reader: FileReader) -> Image? {
    try? InspectedFile.decode(
      folder.root + "/" + folder.files[index].path, form: folder.form, options: options, reader
    ).image
  }
}
