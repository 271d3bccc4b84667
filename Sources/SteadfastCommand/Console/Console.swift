import Foundation
import Steadfast
import Synchronization

/// Standard error: progress, remarks and failures. A bar on a terminal, a line now and then elsewhere.
final class Console: RunObserver {
  private let isSilent: Bool
  private let isTerminal: Bool
  private let isColored: Bool
  private let state = Mutex(State())

  private struct State {
    var bar: ProgressBar?
    var isBarShown = false
    var lastDrawn: ContinuousClock.Instant?
  }

  /// A bar is drawn ten times a second, a line about the same work written every ten seconds.
  private static let interval = (bar: Duration.milliseconds(100), line: Duration.seconds(10))

  /// - Parameter isSilent: whether only failures are said: another process says the rest.
  init(isSilent: Bool = false) {
    self.isSilent = isSilent
    isTerminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    // https://no-color.org: present and not empty.
    isColored = isTerminal && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
  }

  func note(_ message: String) {
    if !isSilent { tell(Self.printable(message)) }
  }

  func warn(_ message: String) {
    if !isSilent { tell(colored("warning: " + Self.printable(message), "33")) }
  }

  func fail(_ message: String) { tell(colored("steadfast: ", "31") + Self.printable(message)) }

  private func tell(_ line: String) {
    state.withLock { state in
      clearBar(&state)
      write(line + "\n")
    }
  }

  func progress(_ stage: String, done: Int, of total: Int, unit: String) {
    guard !isSilent else { return }
    let now = ContinuousClock.now
    state.withLock { state in
      if state.bar?.stage != stage.printable || state.bar?.total != total {
        clearBar(&state)
        state.bar = ProgressBar(stage: stage.printable, total: total, unit: unit, start: now, first: done)
        state.lastDrawn = nil
      }
      state.bar?.done = done
      guard let bar = state.bar else { return }
      let isDone = done >= total
      let interval = isTerminal ? Self.interval.bar : Self.interval.line
      let isDue = state.lastDrawn.map { now - $0 >= interval } ?? isTerminal
      guard isDone || isDue || (!isTerminal && unit == "epochs") else {
        if state.lastDrawn == nil { state.lastDrawn = now }
        return
      }
      state.lastDrawn = now
      if isTerminal {
        write("\r\u{1B}[K" + bar.drawn(at: now, width: Self.width))
        state.isBarShown = true
      } else {
        write(bar.line(at: now) + "\n")
      }
      if isDone {
        clearBar(&state)
        state.bar = nil
      }
    }
  }

  private static func printable(_ message: String) -> String {
    message.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
      .joined(separator: "\n")
  }

  /// Takes the bar away, so that standard output begins on a line of its own.
  func finish() { state.withLock { clearBar(&$0) } }

  private func clearBar(_ state: inout State) {
    guard state.isBarShown else { return }
    write("\r\u{1B}[K")
    state.isBarShown = false
  }

  private func colored(_ text: String, _ code: String) -> String {
    isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }

  private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }

  /// Columns of the terminal.
  private static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
