import Foundation
import Testing

@testable import ImageData

/// The folders that data is written to before they have their names.
@Suite struct ExportFolderTests {
  private static func mode(_ path: String) throws -> mode_t {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw Unexpected(text: "no \(path)") }
    return status.st_mode & 0o7777
  }

  private static func names(_ folder: TemporaryFolder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
  }

  @Test func abandonedFoldersAreRemoved() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: ".steadfast-abc1.partial/class/file.png")
    let kept = [
      ".abc1.partial", ".steadfast-.partial", ".steadfast-a.b.partial", ".steadfast-abc1", ".steadfast-locked.partial",
    ]
    for name in kept { try folder.write([1], to: name + "/file") }
    try folder.write([1], to: ".steadfast-file.partial")
    try folder.link(".steadfast-link.partial", to: folder.url.appendingPathComponent(".abc1.partial").path)
    let lock = open(folder.url.appendingPathComponent(".steadfast-locked.partial").path, O_RDONLY)
    defer { close(lock) }
    #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
    let all = Set(kept + [".steadfast-file.partial", ".steadfast-link.partial"])
    do {
      let first = try StagedFolder(folder.url.appendingPathComponent("first"), source: nil)
      try [1].withUnsafeBytes { try first.write($0, to: "file") }
      // One that is being written is left alone by the next.
      let second = try StagedFolder(folder.url.appendingPathComponent("second"), source: nil)
      #expect(try Self.names(folder).count == all.count + 2)
      try first.commit()
      try second.commit()
    }
    #expect(Set(try Self.names(folder)) == all.union(["first", "second"]))
    #expect(FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("first/file").path))
  }

  @Test(arguments: [0o700, 0o750, 0o2775, 0o500]) func permissionsOfAnEmptyFolderStay(mode: Int) throws {
    let folder = try TemporaryFolder()
    let target = folder.url.appendingPathComponent("out")
    #expect(mkdir(target.path, 0o700) == 0 && chmod(target.path, mode_t(mode)) == 0)
    let staged = try StagedFolder(target, source: nil)
    let name = try #require(try Self.names(folder).first { $0.hasPrefix(".steadfast-") })
    #expect(try Self.mode(folder.url.appendingPathComponent(name).path) == mode_t(mode | 0o700))
    try [1].withUnsafeBytes { try staged.write($0, to: "file") }
    try staged.commit()
    #expect(try Self.mode(target.path) == mode_t(mode))
    #expect(try Self.names(folder) == ["out"])
    chmod(target.path, 0o700)
  }

  @Test func mountPointsAreRefused() throws {
    let error = try dataError { _ = try StagedFolder(URL(fileURLWithPath: "/dev"), source: nil) }
    #expect(error.reason.contains("mount point") && !error.advice.isEmpty, "\(error)")
  }

  @Test func aTargetInItsSourceIsRefused() throws {
    let folder = try TemporaryFolder()
    func place(_ name: String) -> URL { folder.url.appendingPathComponent(name) }
    try folder.writeClasses(["a", "b"], in: "in", count: 3)
    try folder.link("link", to: place("in").path)
    try folder.link("in-a", to: place("in/a").path)
    let fractions = DatasetSplit.Fractions(train: 0.5, test: 0.5)
    let before = try FileManager.default.subpathsOfDirectory(atPath: folder.url.path).sorted()
    let pairs = [("in", "in/out"), ("link", "in/out"), ("in", "link/out"), ("in", "in-a/out"), ("in", "in")]
    for (source, target) in pairs {
      let (source, target) = (place(source), place(target))
      for attempt in [
        { _ = try DatasetSplit.write(source, to: target, fractions: fractions, seed: 0) },
        { _ = try DatasetDegrade.write(source, to: target, domains: [.none], seed: 0) },
        { _ = try DatasetExport.write(source, as: .npy, to: target) },
        { _ = try DatasetExport.write(source, as: .npz, to: target) },
      ] as [() throws -> Void] {
        let error = try dataError(attempt)
        #expect(error.reason.hasSuffix("the source"), "\(error)")
      }
    }
    #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.url.path).sorted() == before)
    _ = try DatasetExport.write(place("in"), as: .npy, to: place("in-out"))
    let plan = try DatasetImport.detect(place("in-out"))
    #expect(try dataError { _ = try plan.write(to: place("in-out/png")) }.reason.hasSuffix("inside the source"))
    _ = try plan.write(to: place("in-out-png"))
  }
}
