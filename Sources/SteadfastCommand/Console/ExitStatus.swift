import ArgumentParser
import Steadfast

/// What the exit status says, after sysexits.h.
enum ExitStatus: Int32, Sendable {
  case checkFailed = 3
  case usage = 64
  case badInput = 65
  case noInput = 66
  case unavailable = 69
  case `internal` = 70
  case io = 74
  case interrupted = 130

  /// The status of an error from any room.
  init(_ error: any Error) {
    self =
      switch error {
      case let error as CommandError: error.status
      case RobustnessError.journalInUse: .io
      case is ConfigurationError, is DescriptionError, is StateError, is WeightsError, is StoredNetworkError,
        is LipschitzError, is JacobianError, is OperatorNormError, is SolverFailure, is RationalError, is ReportError,
        is RobustnessError, is ShapeError:
        .badInput
      case let error as RunError: .init(error)
      case let error as DataError:
        switch error.code {
        case .noSuchInput: .noInput
        case .badData: .badInput
        case .io: .io
        }
      case let error as TensorFileError: error.code == .io ? .io : .badInput
      case let error as ResultsError: if case .unreadable = error { .noInput } else { .badInput }
      case let error as StudyError:
        switch error {
        case .unknown, .seeds: .usage
        case .unusable, .diverged: .badInput
        case .judgements: .internal
        }
      case let error as DistributedError:
        switch error {
        case .builtWithoutMPI, .launcherUnknown: .unavailable
        case .mpi, .unreadable, .outOfRange: .internal
        }
      case let error as TorchError: error.code == .deviceUnavailable ? .unavailable : .internal
      default: .internal
      }
  }

  private init(_ error: RunError) {
    self =
      switch error {
      case .interrupted, .gridInterrupted, .stopped: .interrupted
      case .inconsistent: .checkFailed
      case .notEmpty, .notARun: .usage
      case .noSuchRun: .noInput
      case .configurationDiffers, .dataDiffers, .damaged, .unusable: .badInput
      case .inUse, .io: .io
      }
  }
}

/// A failure that the command line itself finds.
struct CommandError: Error, CustomStringConvertible {
  let status: ExitStatus
  let description: String

  init(_ status: ExitStatus, _ description: String) {
    self.status = status
    self.description = description
  }
}
