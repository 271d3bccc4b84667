import CPixels
import RandomStreams

/// One of the common corruptions of Hendrycks and Dietterich, "Benchmarking neural network robustness to common
/// corruptions and perturbations" (2019), at one severity.
///
/// The formulas and the parameters are in Documentation/degradations.md. Colours change, alpha does not. Random ones are
/// functions of the image and its stream alone.
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

  /// Degrades every image of a batch, in place. It takes the memory of one image's colours in 16 bytes a sample, and for
  /// snow, elastic transforms and fog half as much again, or the 8 MB of a map.
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
  fileprivate var cKind: Int32 {
    let kind =
      switch self {
      case .gaussianNoise: cpixels_gaussian_noise
      case .shotNoise: cpixels_shot_noise
      case .impulseNoise: cpixels_impulse_noise
      case .defocusBlur: cpixels_defocus_blur
      case .glassBlur: cpixels_glass_blur
      case .motionBlur: cpixels_motion_blur
      case .zoomBlur: cpixels_zoom_blur
      case .snow: cpixels_snow
      case .frost: cpixels_frost
      case .fog: cpixels_fog
      case .brightness: cpixels_brightness
      case .contrast: cpixels_contrast
      case .elasticTransform: cpixels_elastic_transform
      case .pixelate: cpixels_pixelate
      case .jpegCompression: cpixels_jpeg_compression
      }
    return Int32(kind)
  }
}
