import CTorchShim

/// Where a tensor lives.
public enum Device: Sendable, Hashable, CustomStringConvertible {
  case cpu
  /// The n-th CUDA device, counted from 0.
  case cuda(Int)

  /// How many CUDA devices this libtorch can use.
  public static var cudaCount: Int { Int(sf_cuda_device_count()) }

  /// Waits until the device has done all that it was asked for: only then does a time say anything.
  /// - Throws: `TorchError`.
  public func synchronize() throws { try check(sf_synchronize(code)) }

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
