import Foundation
import Synchronization
import TensorFiles

/// Writes a run's notes to its `log.txt` as well, a time before each.
final class LogObserver: RunObserver, Sendable {
  private let base: any RunObserver
  private let file: Mutex<AppendOnlyFile>

  init(_ url: URL, forwardingTo base: any RunObserver) throws {
    self.base = base
    file = Mutex(try AppendOnlyFile(url))
  }

  func progress(_ stage: String, done: Int, of total: Int, unit: String) {
    base.progress(stage, done: done, of: total, unit: unit)
    if done == total { append("\(stage): \(total) \(unit)") }
  }

  func note(_ message: String) {
    base.note(message)
    append(message)
  }

  func warn(_ message: String) {
    base.warn(message)
    append("warning: \(message)")
  }

  private func append(_ message: String) {
    let line = "\(Date.now.formatted(.iso8601)) \(message)\n"
    // A log that cannot be written must not end the run it tells of.
    file.withLock { try? $0.append(Array(line.utf8)) }
  }
}
