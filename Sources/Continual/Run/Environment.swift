import Foundation
import TorchCore

/// What a result depends on beside its configuration.
public struct Environment: Sendable {
  public static let version = "0.1.0"

  /// By name; the same for two runs on one machine.
  public let values: [String: String]

  @TorchActor
  public init(current configuration: Configuration) { self.init(configuration) }

  init(_ configuration: Configuration) {
    values = [
      "steadfast": Self.version,
      "commit": SourceRevision.current ?? "unknown",
      "libtorch": Torch.version,
      "cpuCapability": Torch.cpuCapability,
      "threads": String(Torch.threads),
      "device": configuration.compute.device,
      "seed": String(configuration.seed),
      "system": ProcessInfo.processInfo.operatingSystemVersionString,
    ]
  }
}

/// The commit that the running program was built from, where it runs inside its checkout.
enum SourceRevision {
  static let current: String? = {
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    var folder = program.deletingLastPathComponent()
    while folder.path != "/" {
      let git = folder.appending(path: ".git")
      if let head = text(git.appending(path: "HEAD")) {
        guard head.hasPrefix("ref: ") else { return hash(head) }
        return text(git.appending(path: String(head.dropFirst(5)))).flatMap(hash)
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }()

  private static func text(_ url: URL) -> String? {
    (try? String(contentsOf: url, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func hash(_ text: String) -> String? {
    text.count >= 40 && text.allSatisfy(\.isHexDigit) ? text : nil
  }
}
