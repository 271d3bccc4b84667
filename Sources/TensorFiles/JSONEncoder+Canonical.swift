import Foundation

extension JSONEncoder {
  /// Equal values give equal bytes: keys are sorted, and slashes stand as they are.
  /// - Parameter pretty: over several lines.
  package static func canonical(pretty: Bool = false) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    return encoder
  }
}
