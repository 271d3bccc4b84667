import Foundation

/// What the file system says of a file without reading it.
struct FileStamp: Sendable, Hashable {
  let size: Int64
  /// When the content was said to change, in nanoseconds since 1970; anyone may set it.
  let modified: Int64
  /// When content or metadata did change, in nanoseconds since 1970; only the system sets it.
  let changed: Int64
  let inode: UInt64

  /// Of a file that could not be asked.
  static let none = FileStamp(size: 0, modified: 0, changed: 0, inode: 0)

  /// - Returns: nil if there is no such file. Links are followed.
  static func of(_ path: String) -> FileStamp? {
    var status = stat()
    return stat(path, &status) == 0 ? FileStamp(status) : nil
  }

  init(_ status: stat) {
    self.init(
      size: Int64(status.st_size), modified: Self.nanoseconds(status.st_mtim),
      changed: Self.nanoseconds(status.st_ctim), inode: UInt64(status.st_ino))
  }

  init(size: Int64, modified: Int64, changed: Int64, inode: UInt64) {
    self.size = size
    self.modified = modified
    self.changed = changed
    self.inode = inode
  }

  /// Whether the file may have changed after a check without a change of its stamp: clocks of file systems tick as
  /// rarely as every two seconds.
  func isTooFresh(for check: Int64) -> Bool {
    max(modified, changed) >= check - 2_000_000_000
  }

  /// The time now, in nanoseconds since 1970.
  static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    // A hostile file system may name any second.
    Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue &+ Int64(time.tv_nsec)
  }
}
