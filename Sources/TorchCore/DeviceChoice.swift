/// The device that a user asks for: `cpu`, `cuda`, `cuda:N` or `auto`.
public enum DeviceChoice: Sendable, Hashable, Codable, CustomStringConvertible {
  case cpu
  /// A CUDA device by its number; nil for any.
  case cuda(Int?)
  /// A CUDA device where there is one, else the CPU.
  case auto

  /// Nil for any other text.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    switch (parts[0], parts.count) {
    case ("cpu", 1): self = .cpu
    case ("auto", 1): self = .auto
    case ("cuda", 1): self = .cuda(nil)
    case ("cuda", 2):
      guard let index = Int(parts[1]), (0..<1024).contains(index), parts[1] == "\(index)" else { return nil }
      self = .cuda(index)
    default: return nil
    }
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let choice = DeviceChoice(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no device is called '\(text)'")
    }
    self = choice
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): index.map { "cuda:\($0)" } ?? "cuda"
    case .auto: "auto"
    }
  }

  /// The device itself.
  ///
  /// - Parameter place: of several processes on this machine the how manieth this one is, from 0: where no number is
  ///   asked for, they take one CUDA device after the other.
  /// - Throws: `TorchError` with code `.deviceUnavailable` where the device is not there.
  public func device(place: Int = 0) throws -> Device {
    let count = Device.cudaCount
    switch self {
    case .cpu: return .cpu
    case .auto where count == 0: return .cpu
    case .cuda(let index?) where index < count: return .cuda(index)
    case .auto, .cuda(nil):
      if count > 0 { return .cuda(place % count) }
    case .cuda: break
    }
    throw TorchError(
      code: .deviceUnavailable,
      message: "device \(self) is not available: this libtorch sees \(count) CUDA device(s); cpu is always there")
  }
}
