import Foundation
import TorchCore

/// What a result depends on beside its configuration.
public struct Environment: Sendable {
  /// Of Steadfast.
  public static let version = "0.1.0"

  /// By name; the same for two runs on one machine.
  let values: [String: String]

  init(_ configuration: Configuration) {
    values = [
      "steadfast": Self.version,
      "commit": SourceRevision.current ?? "unknown",
      "libtorch": Torch.version,
      "cpuCapability": Torch.cpuCapability,
      "threads": String(Torch.threads),
      "device": Self.device(configuration.compute.device),
      "seed": String(configuration.seed),
      "system": ProcessInfo.processInfo.operatingSystemVersionString,
    ]
  }

  /// What a choice comes to on this machine; the choice itself where that is not there.
  private static func device(_ choice: DeviceChoice) -> String {
    (try? choice.device()).map { "\($0)" } ?? "\(choice)"
  }

  /// What the bits of a result depend on.
  var arithmetic: [String: String] {
    values.filter { ["libtorch", "cpuCapability", "threads", "device"].contains($0.key) }
  }
}

/// The commit that is checked out where the running program lies, which is what it was built from if nothing moved.
enum SourceRevision {
  static let current: String? = {
    guard let program = Bundle.main.executableURL?.resolvingSymlinksInPath() else { return nil }
    var folder = program.deletingLastPathComponent()
    while folder.path != "/" {
      let git = folder.appending(path: ".git")
      if let head = text(git.appending(path: "HEAD")) {
        guard head.hasPrefix("ref: ") else { return hash(head) }
        let name = String(head.dropFirst(5))
        return text(git.appending(path: name)).flatMap(hash) ?? packed(name, git.appending(path: "packed-refs"))
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }()

  private static func text(_ url: URL) -> String? {
    (try? String(contentsOf: url, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func packed(_ name: String, _ url: URL) -> String? {
    text(url)?.split(separator: "\n").first { $0.hasSuffix(" " + name) }
      .flatMap { $0.split(separator: " ").first }.flatMap { hash(String($0)) }
  }

  private static func hash(_ text: String) -> String? {
    text.count >= 40 && text.allSatisfy(\.isHexDigit) ? text : nil
  }
}
