import CPixels
import RandomStreams

/// One of the common corruptions of Hendrycks and Dietterich, "Benchmarking neural network robustness to common
/// corruptions and perturbations" (2019), at one severity.
///
/// The formulas and the parameters are in Documentation/degradations.md. Colours change, alpha does not. Random ones
/// are functions of the image and its stream alone.
public struct Degradation: Sendable, Hashable {
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    case gaussianNoise = "gaussian-noise"
    case shotNoise = "shot-noise"
    case impulseNoise = "impulse-noise"
    case defocusBlur = "defocus-blur"
    case glassBlur = "glass-blur"
    case motionBlur = "motion-blur"
    case zoomBlur = "zoom-blur"
    case snow
    case frost
    case fog
    case brightness
    case contrast
    case elasticTransform = "elastic-transform"
    case pixelate
    case jpegCompression = "jpeg-compression"
  }

  /// How strong a degradation can be: 1 is the weakest.
  public static let severities = 1...5

  public let kind: Kind
  /// In ``severities``.
  public let severity: Int

  /// - Throws: `DataError` if the severity is not 1 to 5.
  public init(_ kind: Kind, severity: Int) throws {
    guard Self.severities.contains(severity) else {
      throw DataError(
        code: .badData, path: "degradation", reason: "\(kind.rawValue) has no severity \(severity)",
        advice: "Severities are 1 to 5.")
    }
    self.kind = kind
    self.severity = severity
  }

  /// From a name as "gaussian-noise/3".
  ///
  /// - Throws: `DataError` if there is no such kind or severity.
  public init(_ name: String) throws {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])), let severity = Int(parts[1]) else {
      throw DataError(
        code: .badData, path: "degradation", reason: "\"\(name)\" names no degradation",
        advice: "Write KIND/SEVERITY, with a severity of 1 to 5 and one of the kinds "
          + Kind.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    }
    try self.init(kind, severity: severity)
  }

  /// Degrades every image of a batch, in place. It takes the memory of one image's colours in 16 bytes a sample, and
  /// for snow, elastic transforms and fog half as much again, or the 8 MB of a map.
  ///
  /// - Parameter stream: of the image at each place in the batch.
  /// - Throws: `DataError` if the bytes are no whole number of images, or memory is short.
  public func apply(to pixels: inout [UInt8], shape: ImageShape, stream: (Int) -> RandomStream) throws {
    let count = try shape.imageCount(ofBytes: pixels.count)
    let keys = (0..<count).map { stream($0).key }
    let status = pixels.withUnsafeMutableBytes { images in
      cpixels_degrade(images.baseAddress, count, shape.cShape, kind.cKind, parameters(for: shape), keys)
    }
    guard status == 0 else {
      throw DataError(code: .io, path: "image", reason: "no memory to degrade \(shape) by \(self)")
    }
  }
}

extension Degradation: CustomStringConvertible {
  /// The name that ``init(_:)`` reads.
  public var description: String { "\(kind.rawValue)/\(severity)" }
}

extension Degradation: Codable {
  /// From the name.
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// As the name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Degradation.Kind {
  fileprivate var cKind: cpixels_degradation {
    switch self {
    case .gaussianNoise: CPIXELS_GAUSSIAN_NOISE
    case .shotNoise: CPIXELS_SHOT_NOISE
    case .impulseNoise: CPIXELS_IMPULSE_NOISE
    case .defocusBlur: CPIXELS_DEFOCUS_BLUR
    case .glassBlur: CPIXELS_GLASS_BLUR
    case .motionBlur: CPIXELS_MOTION_BLUR
    case .zoomBlur: CPIXELS_ZOOM_BLUR
    case .snow: CPIXELS_SNOW
    case .frost: CPIXELS_FROST
    case .fog: CPIXELS_FOG
    case .brightness: CPIXELS_BRIGHTNESS
    case .contrast: CPIXELS_CONTRAST
    case .elasticTransform: CPIXELS_ELASTIC_TRANSFORM
    case .pixelate: CPIXELS_PIXELATE
    case .jpegCompression: CPIXELS_JPEG_COMPRESSION
    }
  }
}
