import Foundation

/// The files that a sheet shows.
struct SheetSample {
  struct Group {
    /// "train", "test", "all", or "domain/train".
    let name: String
    /// Files in it.
    let count: Int
    /// For each class how many files it has, and some of them, as whole paths.
    let classes: [(count: Int, shown: [String])]
  }

  let title: String
  let classes: [String]
  let groups: [Group]
  /// The longest side of the images shown, and the size of most of them where all have one.
  let longestSide: Int
  let commonSize: (width: Int, height: Int)?

  init(_ folder: URL, perClass: Int, _ options: ContactSheet.Options) throws {
    let listings = try FolderListing.listings(in: folder)
    let classes = Set(listings.flatMap(\.listing.classes)).sorted(by: scalarOrder)
    groups = listings.flatMap { domain, listing in
      listing.splits.map { split in
        let byClass = Dictionary(grouping: split.entries) { listing.classes[$0.label] }
        return Group(
          name: (domain.isEmpty ? "" : domain + "/") + (split.name.isEmpty ? "all" : split.name),
          count: split.entries.count,
          classes: classes.map { name in
            let files = byClass[name] ?? []
            return (files.count, evenlySpread(perClass, over: files.count).map { listing.file(files[$0]) })
          })
      }
    }
    self.classes = classes
    title = folder.standardizedFileURL.lastPathComponent
    let files = groups.flatMap { $0.classes.flatMap(\.shown) }
    let sizes = FileWorkers(threads: options.threads).map(files.count) { reader, index -> [Int]? in
      let header = try? ImageDecoder.header(contentsOf: files[index], DecodingPolicy(), options.limits, reader)
      return header.map { [$0.width, $0.height] }
    }.compactMap { $0 }
    longestSide = sizes.joined().max() ?? 1
    commonSize = Set(sizes).count == 1 ? sizes.first.map { ($0[0], $0[1]) } : nil
  }
}
