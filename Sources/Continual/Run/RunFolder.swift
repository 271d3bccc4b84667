import Foundation
import TensorFiles

/// The folder of one run, held for as long as this object lives: a second process is refused.
///
/// Layout: `config.yaml`, `environment.json`, `metrics.jsonl`, `log.txt`, `checkpoints/`, `results.json`, `report.html`,
/// `report.md`, `report.csv`, `adversarial/`, `networks/` (one self-describing weights file a task), and `contrasts/NAME/`, each a run folder itself.
final class RunFolder {
  let url: URL
  private let lock: Int32

  var configuration: URL { url.appending(path: "config.yaml") }
  var environment: URL { url.appending(path: "environment.json") }
  var metrics: URL { url.appending(path: "metrics.jsonl") }
  var log: URL { url.appending(path: "log.txt") }
  var checkpoints: URL { url.appending(path: "checkpoints") }
  var results: URL { url.appending(path: "results.json") }
  var adversarial: URL { url.appending(path: "adversarial") }
  var networks: URL { url.appending(path: "networks") }
  var contrasts: URL { url.appending(path: "contrasts") }

  /// Opens a run that exists.
  init(existing url: URL) throws {
    self.url = url
    guard FileManager.default.fileExists(atPath: url.appending(path: "config.yaml").path) else {
      throw RunError.noSuchRun(folder: url.path, reason: "no run here: config.yaml is missing")
    }
    lock = try Self.acquireLock(in: url)
  }

  enum Opening: Hashable { case fresh, resume, replace }

  /// Opens a folder to train in.
  init(_ url: URL, _ opening: Opening) throws {
    self.url = url
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw RunError.io(path: url.path, reason: "cannot create the folder: \(error.localizedDescription)")
    }
    lock = try Self.acquireLock(in: url)
    let content = try Self.content(of: url)
    switch opening {
    case .fresh where !content.isEmpty: throw RunError.notEmpty(folder: url.path)
    case .resume where !content.contains("config.yaml"):
      throw RunError.noSuchRun(folder: url.path, reason: "nothing to resume: config.yaml is missing")
    case .replace:
      // Never the content of a folder that is not a run: a mistyped --out must not cost anyone their files.
      guard content.isEmpty || content.contains("config.yaml") else {
        throw RunError.notEmpty(folder: url.path + " (which is no run folder, so --force does not apply; it)")
      }
      for name in content {
        do { try FileManager.default.removeItem(at: url.appending(path: name)) } catch {
          throw RunError.io(path: url.path, reason: "cannot remove \(name): \(error.localizedDescription)")
        }
      }
    default: break
    }
  }

  deinit { close(lock) }

  private static let lockName = ".lock"

  private static func content(of url: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: url.path).filter { $0 != lockName }.sorted()
    } catch {
      throw RunError.io(path: url.path, reason: error.localizedDescription)
    }
  }

  /// The lock belongs to the open file, so it goes with the process, however that ends.
  private static func acquireLock(in url: URL) throws -> Int32 {
    let path = url.appending(path: lockName).path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw RunError.io(path: path, reason: String(cString: strerror(errno))) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw RunError.inUse(folder: url.path)
    }
    return descriptor
  }
}
