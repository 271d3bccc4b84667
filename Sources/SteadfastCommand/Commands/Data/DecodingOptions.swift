import ArgumentParser
import Steadfast

/// How images are decoded where no configuration says so.
struct DecodingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Channels, as data.decoding.form.", valueName: "form"))
  var form: DecodingPolicy.Form?

  @Option(
    help: ArgumentHelp(
      "Bring all images to this size, as data.decoding.size does: stretched, bilinear. (default: all must agree)",
      valueName: "HxW"))
  var size: PixelSize?

  var isGiven: Bool { form != nil || size != nil }

  /// A policy with what was asked for in place of its own.
  func changing(_ policy: DecodingPolicy) -> DecodingPolicy {
    var policy = policy
    if let form { policy.form = form }
    if let size { policy.sizing = Sizing(height: size.height, width: size.width) }
    return policy
  }
}

extension DecodingPolicy.Form: ExpressibleByArgument {}

/// Rows and columns as `28x32`.
struct PixelSize: ExpressibleByArgument, Sendable {
  /// As in a configuration.
  private static let sides = 1...32_768

  let height: Int
  let width: Int

  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sides.count == 2, sides.allSatisfy(Self.sides.contains) else { return nil }
    (height, width) = (sides[0], sides[1])
  }
}
