import Foundation

/// How much memory the process has had resident at most.
public enum PeakMemory {
  /// In bytes; nil where the system does not say.
  public static func bytes() -> Int? {
    var usage = rusage()
    // Kibibytes on Linux, bytes on Apple's systems.
    #if os(Linux)
      let (status, unit) = (getrusage(RUSAGE_SELF.rawValue, &usage), 1024)
    #else
      let (status, unit) = (getrusage(RUSAGE_SELF, &usage), 1)
    #endif
    return status == 0 ? Int(usage.ru_maxrss) * unit : nil
  }
}
