import CTorchShim

/// What libtorch refused, in its own words.
public struct TorchError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: Sendable, Hashable {
    /// Shapes, element types or arguments that do not fit together.
    case invalidOperation
    case outOfMemory
    /// A C++ exception that is not libtorch's.
    case `internal`
    /// The device asked for is not there.
    case deviceUnavailable
  }

  public let code: Code
  public let message: String

  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  public var description: String {
    switch code {
    case .invalidOperation: "torch: \(message)"
    case .outOfMemory: "torch ran out of memory: \(message) (a smaller batch size needs less)"
    case .internal: "torch failed internally: \(message)"
    case .deviceUnavailable: message
    }
  }
}

/// Turns a status of the shim into an error; the message is the calling thread's last one.
func check(_ status: SFStatus) throws {
  guard status != SFStatusOK else { return }
  let code: TorchError.Code =
    switch status {
    case SFStatusTorch: .invalidOperation
    case SFStatusOutOfMemory: .outOfMemory
    default: .internal
    }
  throw TorchError(code: code, message: String(cString: sf_last_error()))
}
