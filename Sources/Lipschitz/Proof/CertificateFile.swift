import Foundation
import Results
import TensorFiles

/// Certificates of networks as a file: all that somebody else needs, beside the networks and images, to check them.
public struct CertificateFile: Sendable, Hashable, Codable, SchemaRecord {
  public static let currentSchema = "steadfast.certificate/1"
  /// The largest file that is read: beyond it something other than a certificate is in the file.
  public static let largestFile = 256 << 20

  public let schema: String
  public var networks: [NetworkClaim]

  public init(networks: [NetworkClaim]) {
    schema = Self.currentSchema
    self.networks = networks
  }

  /// Reads a certificate.
  /// - Throws: `ResultsError` naming the file, the place and the cause.
  public init(contentsOf url: URL) throws {
    try self.init(json: RecordFile.bytes(of: url, limit: Self.largestFile), file: url.path)
  }

  /// Decodes a certificate; fields that this version does not know are passed over. Every number is looked at: norms
  /// and radii are finite and not negative.
  /// - Throws: `ResultsError` with `file` in its message.
  public init(json: Data, file: String? = nil) throws {
    self = try RecordFile.decode(checkingSchema: json, file: file)
    for (place, network) in networks.enumerated() {
      if let fault = network.fault {
        throw ResultsError.malformed(file: file, path: "networks[\(place)].\(fault.path)", reason: fault.reason)
      }
    }
  }

  /// UTF-8, keys sorted, shortest doubles that read back the same; equal certificates give equal bytes.
  /// - Throws: `ResultsError` `notFinite`.
  public func json() throws -> Data { try RecordFile.encode(self) }

  /// Writes the certificate in one step: whoever opens the file finds all of it or what was there before.
  /// - Throws: `ResultsError` `notFinite`, `TensorFileError` `io`.
  public func write(to url: URL) throws { try AtomicFile.write(json(), to: url) }
}

/// A number or text that no certificate holds, and where.
private struct Fault {
  let path: String
  let reason: String

  init(_ path: String, _ reason: String) {
    self.path = path
    self.reason = reason
  }

  /// nil for a number that is finite and not negative.
  init?(_ path: String, norm: Double?) {
    guard let norm, !(norm.isFinite && norm >= 0) else { return nil }
    self.init(path, "\(norm) is no norm or radius: it has to be finite and not negative")
  }

  init?(_ path: String, digest: String) {
    guard digest.utf8.count != 64 || !digest.utf8.allSatisfy(Self.hexadecimal.contains) else { return nil }
    self.init(path, "a SHA-256 is 64 lower-case hexadecimal digits")
  }

  private static let hexadecimal = Set("0123456789abcdef".utf8)

  func inside(_ path: String) -> Fault { Fault("\(path).\(self.path)", reason) }
}

extension NetworkClaim {
  fileprivate var fault: Fault? {
    if let fault = Fault("digest", digest: digest) { return fault }
    guard (1...3).contains(inputShape.count), inputShape.allSatisfy({ (1...1 << 20).contains($0) }) else {
      return Fault("inputShape", "\(inputShape.prefix(4)) is no shape of a sample")
    }
    if let fault = Fault("featureUpper", norm: featureUpper) ?? Fault("upper", norm: upper) { return fault }
    if let fault = body.fault("body") ?? head.fault?.inside("head") { return fault }
    for (place, norm) in headRows.enumerated() {
      if let fault = Fault("headRows[\(place)]", norm: norm) { return fault }
    }
    for (place, sample) in (samples?.list ?? []).enumerated() {
      if let fault = sample.fault?.inside("samples.list[\(place)]") { return fault }
    }
    return nil
  }
}

extension SampleClaim {
  fileprivate var fault: Fault? {
    guard index >= 0, label >= 0 else { return Fault("index", "an index or label is negative") }
    return Fault("digest", digest: digest) ?? Fault("radiusL2", norm: radiusL2)
      ?? Fault("radiusLinf", norm: radiusLinf)
      ?? (margin?.isFinite ?? true ? nil : Fault("margin", "it is not finite"))
  }
}

extension StageClaim {
  fileprivate var fault: Fault? {
    if let fault = Fault("upper", norm: upper) { return fault }
    if let witness {
      if let fault = Fault("witness.lower", norm: witness.lower) { return fault }
      guard (0...1000).contains(witness.iterations), witness.seed >= 0 else {
        return Fault("witness.iterations", "a witness has up to 1000 iterations and a seed that is not negative")
      }
    }
    guard let block else { return nil }
    guard block.scale.isFinite else { return Fault("block.scale", "it is not finite") }
    return block.shortcut.fault("block.shortcut") ?? block.branch.fault("block.branch")
  }
}

extension [StageClaim] {
  fileprivate func fault(_ path: String) -> Fault? {
    for (place, stage) in enumerated() {
      if let fault = stage.fault?.inside("\(path)[\(place)]") { return fault }
    }
    return nil
  }
}
