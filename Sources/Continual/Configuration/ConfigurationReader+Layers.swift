import Foundation
import ResidualNets
import TorchCore

extension ConfigurationReader {
  /// Reads what network weights are of: `network`, as in an experiment, or `layers`, such as
  /// `layers: {"0": {stride: 2, padding: 1}}`. Other sections are checked, but need not be complete: weights are
  /// described without naming images.
  /// - Throws: ``ConfigurationError``; ``RunError`` `io` where the file cannot be read.
  public static func weights(contentsOf file: URL) throws -> WeightsDescription {
    let document = try ConfigurationDocument(text(of: file), path: file.path)
    let section = try ConfigurationSection(document.root, keyPath: "", in: document)
    let configuration = try configuration(section)
    let hasLayers = section.value("layers") != nil
    let layers = try section.section("layers", layers)
    try section.refuseUnknown()
    guard hasLayers else { return .family(configuration.network) }
    if section.value("network") != nil {
      throw section.error(
        about: "layers", "describes an nn.Sequential and 'network' one of the families", advice: "remove one")
    }
    return .sequential(layers)
  }

  /// Reads an experiment that need not say where its images are: what is written is checked, the rest is the default.
  /// - Throws: ``ConfigurationError``; ``RunError`` `io` where the file cannot be read.
  public static func incomplete(contentsOf file: URL, overrides: [String] = []) throws -> Configuration {
    var document = try ConfigurationDocument(text(of: file), path: file.path)
    for override in overrides { try document.apply(override) }
    let section = try ConfigurationSection(document.root, keyPath: "", in: document)
    let configuration = try configuration(section)
    try section.refuseUnknown()
    return configuration
  }

  private static func layers(_ section: ConfigurationSection) throws -> [String: ConvolutionGeometry] {
    var layers: [String: ConvolutionGeometry] = [:]
    for number in section.names {
      guard !number.isEmpty, number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        throw section.error(about: number, "is no layer: layers have numbers, as in the keys of the weights")
      }
      layers[number] = try section.section(number, convolution)
    }
    return layers
  }

  /// What is left out is as in PyTorch: stride 1, no padding, dilation 1, one group.
  private static func convolution(_ section: ConfigurationSection) throws -> ConvolutionGeometry {
    var it = ConvolutionGeometry()
    it.stride = try section.read("stride", default: it.stride) { try $0.pair(in: 1...4096) }
    it.padding = try section.read("padding", default: it.padding) { try $0.pair(in: 0...4096) }
    it.dilation = try section.read("dilation", default: it.dilation) { try $0.pair(in: 1...4096) }
    it.groups = try section.read("groups", default: it.groups) { try $0.integer(in: 1...65536) }
    return it
  }
}

extension ConfigurationValue {
  /// Rows and columns: one number for both, or two.
  fileprivate func pair(in range: ClosedRange<Int>) throws -> [Int] {
    guard isList else {
      let number = try integer(in: range)
      return [number, number]
    }
    let numbers = try list(atMost: 2) { try $0.integer(in: range) }
    guard numbers.count == 2 else { throw error("must be one number, or two: rows and columns") }
    return numbers
  }
}
