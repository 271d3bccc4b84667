import Foundation

/// For messages and small records; files of tensors are safetensors.
extension HostTensor: Codable {
  private enum CodingKeys: CodingKey { case elementType, shape, bytes }

  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      elementType: fields.decode(ElementType.self, forKey: .elementType),
      shape: fields.decode([Int].self, forKey: .shape), bytes: Array(fields.decode(Data.self, forKey: .bytes)))
  }

  public func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(elementType, forKey: .elementType)
    try fields.encode(shape, forKey: .shape)
    try fields.encode(Data(bytes), forKey: .bytes)
  }
}
