/// Why a run cannot start, go on, or be trusted.
public enum RunError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Stopped on request; the folder holds a checkpoint to resume from.
  case interrupted(folder: String)
  /// A grid, stopped on request; the cell that was being learned has a checkpoint.
  case gridInterrupted(folder: String)
  /// Stopped on request before anything was changed.
  case stopped(folder: String)
  /// The run folder holds something already.
  case notEmpty(folder: String)
  /// The folder to be replaced holds something that no run writes.
  case notARun(folder: String, foreign: [String])
  /// Another process is using the run folder.
  case inUse(folder: String)
  /// The run folder was made with another configuration; each difference is a line.
  case configurationDiffers(folder: String, differences: [String])
  /// The images are not those that the run learned from; each difference is a line.
  case dataDiffers(folder: String, differences: [String])
  /// A file of the run is missing or cannot be what it should be.
  case damaged(path: String, reason: String)
  /// There is no such run, or nothing to resume.
  case noSuchRun(folder: String, reason: String)
  /// The configuration asks for something that does not exist or does not fit the data.
  case unusable(reason: String)
  /// Certified, attacked and clean outcomes contradict each other on some sample.
  case inconsistent(String)
  /// The operating system failed to read or write.
  case io(path: String, reason: String)

  public var description: String {
    switch self {
    case .interrupted(let folder): "interrupted; a checkpoint is saved in \(folder) (continue with --resume)"
    case .gridInterrupted(let folder): "interrupted; the same command goes on with what is left in \(folder)"
    case .stopped(let folder): "stopped; \(folder) is as it was"
    case .notARun(let folder, let foreign):
      "\(folder) is not replaced, because it holds what no run writes: \(foreign.prefix(5).joined(separator: ", "))"
        + (foreign.count > 5 ? " and \(foreign.count - 5) more" : "") + ". Name another folder"
    case .notEmpty(let folder):
      "\(folder) is not empty: continue it with --resume, replace it with --force, or name another folder"
    case .inUse(let folder): "\(folder) is in use by another process: wait for it, or name another folder"
    case .configurationDiffers(let folder, let differences):
      "\(folder) was made with another configuration; name another folder, or undo these differences:\n"
        + differences.map { "  " + $0 }.joined(separator: "\n")
    case .dataDiffers(let folder, let differences):
      "the images are not those that \(folder) learned from; put these back, or train anew:\n"
        + differences.map { "  " + $0 }.joined(separator: "\n")
    case .damaged(let path, let reason): "\(path): \(reason)"
    case .noSuchRun(let folder, let reason): "\(folder): \(reason)"
    case .unusable(let reason): reason
    case .inconsistent(let contradiction): contradiction
    case .io(let path, let reason): "\(path): \(reason)"
    }
  }
}
