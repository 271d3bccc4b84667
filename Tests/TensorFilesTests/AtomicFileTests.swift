import Foundation
import TensorFiles
import Testing

struct AtomicFileTests {
  @Test func everyOverloadWritesItsContent() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try AtomicFile.write([1, 2, 3], to: url)
      #expect(try Data(contentsOf: url) == Data([1, 2, 3]))
      try AtomicFile.write(Data([4, 5]), to: url)
      #expect(try Data(contentsOf: url) == Data([4, 5]))
      try AtomicFile.write("é", to: url)
      #expect(try Data(contentsOf: url) == Data([0xC3, 0xA9]))
      try AtomicFile.write([], to: url)
      #expect(try Data(contentsOf: url) == Data())
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }
  }

  @Test func theLongestNameIsPossible() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent(String(repeating: "n", count: 255))
      try AtomicFile.write("x", to: url)
      #expect(try String(contentsOf: url, encoding: .utf8) == "x")
    }
  }

  @Test func aFailureLeavesNothingBehind() throws {
    try withTemporaryFolder { folder in
      let target = folder.appendingPathComponent("folder")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      expectFault(.io, path: target.path) { try AtomicFile.write("x", to: target) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["folder"])
      let orphan = folder.appendingPathComponent("missing/file")
      expectFault(.io, path: orphan.path) { try AtomicFile.write("x", to: orphan) }
    }
  }

  /// A reader that holds the old file keeps the old content: it was replaced, not overwritten.
  @Test func anOpenFileKeepsItsContent() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("file")
      try AtomicFile.write("old", to: url)
      let reader = try FileHandle(forReadingFrom: url)
      defer { try? reader.close() }
      try AtomicFile.write("new", to: url)
      #expect(try reader.readToEnd() == Data("old".utf8))
      #expect(try String(contentsOf: url, encoding: .utf8) == "new")
    }
  }

  @Test func onlyFoldersAreSynchronized() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.synchronizeFolder(folder)
      let file = folder.appendingPathComponent("file")
      try AtomicFile.write("x", to: file)
      expectFault(.io, path: file.path) { try AtomicFile.synchronizeFolder(file) }
    }
  }
}
