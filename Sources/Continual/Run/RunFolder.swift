import Foundation
import Results

/// The folder of one run, locked for as long as this object lives: while one process writes, no other reads or writes.
///
/// What lies in it are ``RunFile``s; `contrasts/NAME/` is a run folder itself.
final class RunFolder {
  let url: URL
  /// nil where a folder that is only read cannot be locked.
  private let lock: Int32?

  var configuration: URL { url.appending(.configuration) }
  var environment: URL { url.appending(.environment) }
  var metrics: URL { url.appending(.metrics) }
  var log: URL { url.appending(.log) }
  var checkpoints: URL { url.appending(.checkpoints) }
  var results: URL { url.appending(.results) }
  var adversarial: URL { url.appending(.adversarial) }
  /// Where adversarial images wait until the results that show them are written.
  var newPictures: URL { url.appending(path: ".\(RunFile.adversarial.rawValue).tmp") }
  var networks: URL { url.appending(.networks) }
  var contrasts: URL { url.appending(.contrasts) }

  enum Access { case reading, writing }

  /// Opens a run that exists.
  init(existing url: URL, for access: Access) throws {
    self.url = url
    guard FileManager.default.fileExists(atPath: url.appending(.configuration).path) else {
      throw RunError.noSuchRun(folder: url.path, reason: "no run here: config.yaml is missing")
    }
    lock = try access == .writing ? Self.exclusiveLock(in: url) : Self.sharedLock(in: url)
  }

  enum Opening: Hashable { case fresh, resume, replace }

  /// Opens a folder to train in.
  init(_ url: URL, _ opening: Opening) throws {
    self.url = url
    try FileManager.default.makeFolder(url)
    lock = try Self.exclusiveLock(in: url)
    let content = try Self.content(of: url)
    switch opening {
    case .fresh where !content.isEmpty: throw RunError.notEmpty(folder: url.path)
    case .resume where !content.contains(RunFile.configuration.rawValue):
      throw RunError.noSuchRun(folder: url.path, reason: "nothing to resume: config.yaml is missing")
    case .replace: try Self.removeRun(content, from: url)
    default: break
    }
  }

  /// A folder that rank 0 holds open: through this nothing is read or written.
  init(ofRank0 url: URL) {
    self.url = url
    lock = nil
  }

  deinit {
    if let lock { close(lock) }
  }

  /// Never anything but a run's own files: a mistyped `--out` must not cost anyone their work.
  private static func removeRun(_ content: [String], from url: URL) throws {
    let files = Set(content.compactMap(RunFile.init))
    let foreign = content.filter { RunFile(rawValue: $0) == nil }
    let isRun = files.contains(.configuration) && (files.contains(.environment) || files.contains(.checkpoints))
    guard foreign.isEmpty, content.isEmpty || isRun else {
      throw RunError.notARun(folder: url.path, foreign: foreign.isEmpty ? content : foreign)
    }
    for name in content {
      do { try FileManager.default.removeItem(at: url.appending(path: name)) } catch {
        throw RunError.io(path: url.path, reason: "cannot remove \(name): \(error.localizedDescription)")
      }
    }
  }

  /// Puts images that were waiting into their place.
  func keepPictures() throws {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: newPictures.path) else { return }
    try FileManager.default.makeFolder(adversarial)
    for name in names {
      let place = adversarial.appending(path: name)
      guard rename(newPictures.appending(path: name).path, place.path) == 0 else {
        throw RunError.io(path: place.path, reason: String(cString: strerror(errno)))
      }
    }
  }

  /// Removes images that were waiting, of an evaluation that was stopped too.
  func discardPictures() { try? FileManager.default.removeItem(at: newPictures) }

  private static let lockName = ".lock"

  /// Names in the folder, without the lock and what an interrupted write left behind.
  private static func content(of url: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: url.path)
        .filter { $0 != lockName && !($0.hasPrefix(".") && $0.hasSuffix(".tmp")) }.sorted()
    } catch {
      throw RunError.io(path: url.path, reason: error.localizedDescription)
    }
  }

  /// The lock belongs to the open file, so it goes with the process, however that ends.
  private static func exclusiveLock(in url: URL) throws -> Int32 {
    let path = url.appending(path: lockName).path
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw RunError.io(path: path, reason: String(cString: strerror(errno))) }
    return try acquire(LOCK_EX, descriptor, url)
  }

  /// Whether another process works on the run in a folder now.
  static func isInUse(_ url: URL) -> Bool {
    guard FileManager.default.fileExists(atPath: url.path) else { return false }
    do {
      close(try exclusiveLock(in: url))
      return false
    } catch RunError.inUse {
      return true
    } catch {
      // Whoever opens the folder will say what is wrong with it.
      return false
    }
  }

  /// A folder that nobody can write to, such as an archived run, needs no lock.
  private static func sharedLock(in url: URL) throws -> Int32? {
    let descriptor = open(url.appending(path: lockName).path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    return descriptor < 0 ? nil : try acquire(LOCK_SH, descriptor, url)
  }

  private static func acquire(_ kind: Int32, _ descriptor: Int32, _ url: URL) throws -> Int32 {
    guard flock(descriptor, kind | LOCK_NB) == 0 else {
      close(descriptor)
      throw RunError.inUse(folder: url.path)
    }
    return descriptor
  }
}
