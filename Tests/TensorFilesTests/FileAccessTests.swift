import Foundation
import TensorFiles
import Testing

/// Paths that hold something else than a file of sensible length.
struct FileAccessTests {
  static func readers(_ url: URL, maximumBytes: Int = 1 << 20) -> [() throws -> Void] {
    [
      { _ = try SafetensorsFile(contentsOf: url, maximumBytes: maximumBytes) },
      { _ = try NPY.read(contentsOf: url, maximumBytes: maximumBytes) },
      { _ = try NPZ.read(contentsOf: url, maximumBytes: maximumBytes) },
    ]
  }

  @Test func aMissingFileIsNamed() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("nothing")
      for read in Self.readers(url) {
        let error = expectFault(.io, path: url.path) { try read() }
        #expect(error?.reason.contains("No such file") == true)
      }
    }
  }

  @Test func aFolderIsNoFile() throws {
    try withTemporaryFolder { folder in
      for read in Self.readers(folder) {
        let error = expectFault(.io, path: folder.path) { try read() }
        #expect(error?.reason.contains("folder") == true)
      }
    }
  }

  @Test func aNamedPipeIsRefusedAtOnce() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("pipe")
      try #require(mkfifo(url.path, 0o600) == 0)
      for read in Self.readers(url) { expectFault(.io, path: url.path) { try read() } }
    }
  }

  @Test func anEmptyFileIsTruncated() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("empty")
      try Data().write(to: url)
      for read in Self.readers(url) { expectFault(.truncated, path: url.path) { try read() } }
    }
  }

  /// A terabyte without a block on the disk: refused by its length, before anything is allocated.
  @Test func aHugeFileIsRefused() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("huge")
      try Data().write(to: url)
      try #require(truncate(url.path, 1 << 40) == 0)
      for read in Self.readers(url, maximumBytes: 4 << 30) { expectFault(.tooLarge, path: url.path) { try read() } }
    }
  }

  @Test func aWebAddressIsRefused() throws {
    let web = try #require(URL(string: "https://example.org/a.npy"))
    for read in Self.readers(web) { expectFault(.io) { try read() } }
    expectFault(.io) { try AtomicFile.write("x", to: web) }
  }
}
