import TorchCore

/// What came after the first runs is written only where it is not the default, as a run's checkpoints hold a digest of
/// the encoded configuration.
extension Configuration.Compute {
  private enum CodingKeys: String, CodingKey {
    case threads, device, dataParallel, precision
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    threads = try container.decode(Int.self, forKey: .threads)
    device = try container.decode(DeviceChoice.self, forKey: .device)
    dataParallel = try container.decodeIfPresent(Bool.self, forKey: .dataParallel) ?? false
    precision = try container.decodeIfPresent(Configuration.Precisions.self, forKey: .precision) ?? precision
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(threads, forKey: .threads)
    try container.encode(device, forKey: .device)
    if precision != .init() { try container.encode(precision, forKey: .precision) }
    if dataParallel { try container.encode(dataParallel, forKey: .dataParallel) }
  }
}
