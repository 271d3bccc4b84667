import Foundation

/// Files that are replaced as a whole: whoever opens one, also after a crash or a power failure, finds all of the old
/// content or all of the new.
///
/// The content goes to a temporary name in the same folder, is flushed to the disk and renamed; then the folder is
/// flushed. A symbolic link at the target is replaced, not followed. The folder has to exist. An error that names the
/// folder alone means that the new content is in place but may not survive a power failure.
public enum AtomicFile {
  /// Replaces or creates a file.
  /// - Throws: ``TensorFileError`` `io` naming the file; the old content is then untouched.
  public static func write(_ bytes: [UInt8], to url: URL) throws {
    try write(chunks: [bytes], to: url)
  }

  /// Replaces or creates a file.
  /// - Throws: ``TensorFileError`` `io` naming the file; the old content is then untouched.
  public static func write(_ data: Data, to url: URL) throws {
    try replace(url) { descriptor, path in
      try data.withUnsafeBytes { try append($0, to: descriptor, path: path) }
    }
  }

  /// Replaces or creates a file that holds `text` as UTF-8.
  /// - Throws: ``TensorFileError`` `io` naming the file; the old content is then untouched.
  public static func write(_ text: String, to url: URL) throws {
    try write(Array(text.utf8), to: url)
  }

  /// Flushes a folder's list of names to the disk, so that renamed and new files are still there after a power failure.
  /// - Throws: ``TensorFileError`` `io` naming the folder.
  public static func synchronizeFolder(_ url: URL) throws {
    let path = try fileSystemPath(of: url)
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TensorFileError.system("open the folder", path: path, errno: errno) }
    defer { close(descriptor) }
    // Some network file systems cannot flush a folder and say EINVAL; there is nothing more to do there.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw TensorFileError.system("flush the folder", path: path, errno: errno)
    }
  }

  /// Replaces or creates a file that is the pieces one after another.
  static func write(chunks: [[UInt8]], to url: URL) throws {
    try replace(url) { descriptor, path in
      for chunk in chunks {
        try chunk.withUnsafeBytes { try append($0, to: descriptor, path: path) }
      }
    }
  }

  private static func replace(_ url: URL, content: (_ descriptor: Int32, _ path: String) throws -> Void) throws {
    let path = try fileSystemPath(of: url)
    let folder = url.deletingLastPathComponent()
    // Short and without the target's name, which may already be as long as the file system allows.
    let name = ".\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    let temporaryPath = try fileSystemPath(of: folder.appendingPathComponent(name))
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw TensorFileError.system("create a temporary file beside it", path: path, errno: errno)
    }
    do {
      do {
        try content(descriptor, path)
        guard fsync(descriptor) == 0 else { throw TensorFileError.system("flush the file", path: path, errno: errno) }
      } catch {
        close(descriptor)
        throw error
      }
      guard close(descriptor) == 0 else { throw TensorFileError.system("close the file", path: path, errno: errno) }
      guard rename(temporaryPath, path) == 0 else {
        throw TensorFileError.system("put the file in its place", path: path, errno: errno)
      }
    } catch {
      unlink(temporaryPath)
      throw error
    }
    try synchronizeFolder(folder)
  }

  private static func append(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
    guard let start = bytes.baseAddress else { return }
    var written = 0
    while written < bytes.count {
      // One call moves at most about 2 GiB.
      let step = systemWrite(descriptor, start + written, min(bytes.count - written, 1 << 30))
      if step < 0 {
        if errno == EINTR { continue }
        throw TensorFileError.system("write the file", path: path, errno: errno)
      }
      written += step
    }
  }
}

/// The system call, by a name that a type with functions of its own called `write` can use.
private func systemWrite(_ descriptor: Int32, _ start: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, start, count)
}
