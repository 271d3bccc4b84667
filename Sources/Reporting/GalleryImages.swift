import Foundation
import ImageData
import Results

/// The pictures of one gallery item, as data for the page.
struct GalleryPictures {
  /// `data:` URIs of freshly encoded PNGs.
  var original: String
  var adversarial: String
  /// The difference around mid-gray, and by how much it was multiplied (absent for a picture read from a file).
  var difference: String?
  var magnification: Int?
  var width: Int
  var height: Int
}

/// Reads gallery images from a run folder, and from nowhere else.
///
/// Every image is decoded and encoded again, so that nothing but pixels gets into the page.
struct GalleryImages {
  /// Images of more pixels than this stay out of the page.
  static let largestImage = 1 << 20

  var folder: URL?

  func pictures(of item: GalleryItem) throws -> GalleryPictures {
    let original = try image(item.original)
    let adversarial = try image(item.adversarial)
    var pictures = GalleryPictures(
      original: try original.dataURI(), adversarial: try adversarial.dataURI(), difference: nil,
      magnification: nil, width: original.width, height: original.height)
    if let path = item.difference {
      pictures.difference = try image(path).dataURI()
    } else if let (difference, magnification) = try Self.difference(original, adversarial) {
      pictures.difference = try difference.dataURI()
      pictures.magnification = magnification
    }
    return pictures
  }

  /// The adversarial minus the original, centred on mid-gray and multiplied by a whole number until it is easy to see:
  /// to at most 100 of 127 steps.
  static func difference(_ original: Image, _ adversarial: Image) throws -> (Image, magnification: Int)? {
    guard original.width == adversarial.width, original.height == adversarial.height,
      original.channels == adversarial.channels
    else { return nil }
    let deltas = zip(adversarial.pixels, original.pixels).map { Int($0) - Int($1) }
    let largest = deltas.lazy.map(\.magnitude).max() ?? 0
    let magnification = largest == 0 ? 1 : max(1, 100 / Int(largest))
    let hasAlpha = original.channels % 2 == 0
    let pixels = deltas.enumerated().map { index, delta in
      hasAlpha && (index + 1) % original.channels == 0 ? 255 : UInt8(clamping: 128 + delta * magnification)
    }
    let image = try Image(
      width: original.width, height: original.height, channels: original.channels, pixels: pixels)
    return (image, magnification)
  }

  private func image(_ path: String) throws -> Image {
    let url = try inside(path)
    let image = try PNG.decode(contentsOf: url)
    guard image.width * image.height <= Self.largestImage else {
      throw GalleryError.refused(path: path, reason: "\(image.width)×\(image.height) pixels are too many for a page")
    }
    return image
  }

  /// A results file may come from anywhere: its paths lead to files of the run folder only, links followed.
  private func inside(_ path: String) throws -> URL {
    guard let folder else { throw GalleryError.refused(path: path, reason: "the run's folder is not known") }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.isEmpty, !parts.contains(""), !parts.contains(".."), !path.contains("\0") else {
      throw GalleryError.refused(path: path, reason: "the path leaves the run's folder")
    }
    let root = folder.resolvingSymlinksInPath().path
    let file = folder.appendingPathComponent(path).resolvingSymlinksInPath()
    guard file.path.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
      throw GalleryError.refused(path: path, reason: "the path leaves the run's folder")
    }
    return file
  }
}

/// Why a gallery image is not shown.
enum GalleryError: Error, Equatable, CustomStringConvertible {
  case refused(path: String, reason: String)

  var description: String {
    switch self {
    case .refused(let path, let reason): "\(path): \(reason)"
    }
  }
}
