import Foundation

/// Writes a run's notes to its `log.txt` as well, a time before each.
final class LogObserver: RunObserver {
  private let base: any RunObserver
  private let descriptor: Int32

  init(_ url: URL, forwardingTo base: any RunObserver) throws {
    self.base = base
    descriptor = open(url.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw RunError.io(path: url.path, reason: String(cString: strerror(errno))) }
  }

  deinit { close(descriptor) }

  func progress(_ stage: String, done: Int, of total: Int, unit: String) {
    base.progress(stage, done: done, of: total, unit: unit)
    if done == total { append("\(stage): \(total) \(unit)") }
  }

  func note(_ message: String) {
    base.note(message)
    append(message)
  }

  private func append(_ message: String) {
    let line = "\(Date.now.formatted(.iso8601)) \(message)\n"
    // A log that cannot be written must not end the run it tells of.
    _ = Array(line.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }
}
