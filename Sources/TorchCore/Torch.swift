import CTorchShim
import Foundation

/// The libtorch in use.
public enum Torch {
  public static var version: String { String(cString: sf_torch_version()) }

  /// The vector instructions libtorch chose, such as `AVX512`; bits may differ between capabilities.
  public static var cpuCapability: String { String(cString: sf_cpu_capability()) }

  /// How many threads torch uses for work from the calling thread.
  public static var threads: Int { Int(sf_threads()) }

  /// Sets the number of threads for work from the calling thread, which should be `TorchActor`'s.
  /// - Parameter count: 0 means one per core.
  public static func setThreads(_ count: Int) throws {
    let count = count == 0 ? ProcessInfo.processInfo.activeProcessorCount : count
    try check(sf_set_threads(Int32(clamping: count)))
  }
}
