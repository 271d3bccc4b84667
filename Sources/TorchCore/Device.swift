import CTorchShim

/// Where a tensor lives.
public enum Device: Sendable, Hashable, CustomStringConvertible {
  case cpu
  /// The n-th CUDA device, counted from 0.
  case cuda(Int)

  /// Reads `cpu`, `cuda`, `cuda:1` or `auto` (the first CUDA device, or else the CPU).
  /// - Throws: `TorchError` with code `.deviceUnavailable` where the name is unknown or the device is not there.
  public init(named name: String) throws {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first.map(String.init), parts.count) {
    case ("cpu", 1): self = .cpu
    case ("auto", 1): self = Device.cudaCount > 0 ? .cuda(0) : .cpu
    case ("cuda", 1): self = try Device.cudaDevice(0)
    case ("cuda", 2):
      guard let index = Int(parts[1]), index >= 0 else { fallthrough }
      self = try Device.cudaDevice(index)
    default:
      throw TorchError(
        code: .deviceUnavailable, message: "unknown device '\(name)': use cpu, cuda, cuda:N or auto")
    }
  }

  /// How many CUDA devices this libtorch can use.
  public static var cudaCount: Int { Int(sf_cuda_device_count()) }

  private static func cudaDevice(_ index: Int) throws -> Device {
    guard index < cudaCount else {
      throw TorchError(
        code: .deviceUnavailable,
        message: "device cuda:\(index) is not available: this libtorch sees \(cudaCount) CUDA device(s)")
    }
    return .cuda(index)
  }

  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    }
  }

  var code: SFDevice {
    switch self {
    case .cpu: -1
    case .cuda(let index): SFDevice(index)
    }
  }

  init(code: SFDevice) { self = code < 0 ? .cpu : .cuda(Int(code)) }
}
