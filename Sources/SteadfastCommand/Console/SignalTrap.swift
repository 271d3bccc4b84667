import Foundation
import Steadfast

/// Ctrl-C and a polite kill ask the run to save and stop; the second one ends the process at once.
enum SignalTrap {
  private static let interruption = Interruption()

  /// From now on signals raise the wish to stop that is returned, on rank 0: the others have nothing to save, and a
  /// signal ends them.
  static func install(on ranks: Communicator = .single) -> Interruption {
    guard ranks.isFirst else { return Interruption() }
    // Made here: a handler must find it ready, since it may not allocate.
    let interruption = Self.interruption
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        guard !SignalTrap.interruption.isRaised else { _exit(ExitStatus.interrupted.rawValue) }
        SignalTrap.interruption.raise()
        let message: StaticString = "\nstopping as soon as what is finished is saved; once more stops at once\n"
        _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
      }
    }
    return interruption
  }

  /// From now on a file that would outgrow what the process may write is an error like a full disk, which is reported,
  /// and not the end of the process.
  static func reportFullFiles() { signal(SIGXFSZ, SIG_IGN) }

  /// From now on a signal ends the process, which has written everything that it had finished.
  static func stopAtOnce() {
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        let message: StaticString = "\nstopped; what had finished is kept\n"
        _ = write(STDERR_FILENO, message.utf8Start, message.utf8CodeUnitCount)
        _exit(ExitStatus.interrupted.rawValue)
      }
    }
  }
}
