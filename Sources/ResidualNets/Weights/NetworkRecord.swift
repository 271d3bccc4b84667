import Foundation
import TensorFiles

/// What a file of weights says about its network: enough to build it again before the weights are loaded.
public struct NetworkRecord: Sendable, Hashable, Codable {
  /// Where a safetensors file keeps the record, as JSON.
  public static let metadataKey = "steadfast.network"
  /// The version that is written and read.
  public static let currentSchema = "steadfast.network/2"

  public var schema = NetworkRecord.currentSchema
  public var description: NetworkDescription
  /// Channels, height, width of the pixels.
  public var inputShape: [Int]
  /// Names of the classes, in the order of the logits.
  public var classes: [String]
  /// Nil for a network without an adapter.
  public var adapter: AdapterDescription?
  /// How many random features stand between features and head; nil for a head that reads the features themselves.
  public var expansion: Int?

  public init(
    description: NetworkDescription, inputShape: [Int], classes: [String], adapter: AdapterDescription? = nil,
    expansion: Int? = nil
  ) {
    self.description = description
    self.inputShape = inputShape
    self.classes = classes
    self.adapter = adapter
    self.expansion = expansion
  }

  /// The record of a file's metadata, checked as far as it goes without the tensors.
  /// - Throws: ``WeightsError`` naming `path`.
  public init(metadata: [String: String], path: String) throws {
    guard let json = metadata[Self.metadataKey] else {
      throw WeightsError(path: path, reason: "the metadata has no '\(Self.metadataKey)' that describes the network")
    }
    guard json.utf8.count <= Self.mostBytes else {
      throw WeightsError(path: path, reason: "'\(Self.metadataKey)' is longer than \(Self.mostBytes) bytes")
    }
    do {
      let header = try JSONDecoder().decode(Header.self, from: Data(json.utf8))
      guard header.schema == Self.currentSchema else {
        throw WeightsError(
          path: path,
          reason: "'\(Self.metadataKey)' has the schema '\(header.schema.prefix(80))', not '\(Self.currentSchema)'")
      }
      self = try JSONDecoder().decode(Self.self, from: Data(json.utf8))
    } catch let error as DecodingError {
      throw WeightsError(path: path, reason: "'\(Self.metadataKey)' cannot be read: \(error.summary)")
    }
    do {
      try validate()
    } catch let error as DescriptionError {
      throw WeightsError(path: path, reason: "'\(Self.metadataKey)' describes no network: \(error)")
    }
  }

  /// The text for the metadata; the same record always gives the same text.
  func encoded() throws -> String {
    String(decoding: try JSONEncoder.canonical().encode(self), as: UTF8.self)
  }

  /// - Throws: `DescriptionError` that says which value does not fit.
  func validate() throws {
    try description.validate()
    guard inputShape.count == 3, inputShape.allSatisfy({ (1...Self.longestSide).contains($0) }) else {
      throw DescriptionError(
        "the input needs channels, height and width of 1 to \(Self.longestSide), not \(inputShape)")
    }
    try description.validate(inputShape: inputShape)
    guard (1...Self.mostClasses).contains(classes.count), Set(classes).count == classes.count else {
      throw DescriptionError("the network needs 1 to \(Self.mostClasses) classes with names of their own")
    }
    try adapter?.validate()
    guard (1...Self.mostExpansion).contains(expansion ?? 1) else {
      throw DescriptionError("an expansion needs 1 to \(Self.mostExpansion) features, not \(expansion ?? 0)")
    }
  }

  /// Read first, so that a newer schema is named as such.
  private struct Header: Decodable { let schema: String }

  private static let mostBytes = 16 << 20
  private static let mostClasses = 1 << 20
  private static let mostExpansion = 1 << 20
  /// Keeps channels × height × width countable.
  private static let longestSide = 1 << 16
}

extension DecodingError {
  /// Where and why, in one line.
  fileprivate var summary: String {
    switch self {
    case .keyNotFound(let key, let context): "\(place(context))'\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      "\(place(context))\(context.debugDescription)"
    @unknown default: "it is not the JSON of a network"
    }
  }

  private func place(_ context: Context) -> String {
    context.codingPath.isEmpty ? "" : "in '\(context.codingPath.map(\.stringValue).joined(separator: "."))': "
  }
}
