import Foundation

/// A folder of cache files of decoded images, to list and to empty.
public struct CacheStore: Sendable {
  /// A cache file.
  public struct Entry: Sendable, Hashable {
    public let url: URL
    /// Of the file.
    public let bytes: Int
    /// How many images are in it; 0 where it is damaged or of another version.
    public let images: Int
    /// The folder of images that it was made from; "" where it is damaged or of another version.
    public let folder: String
    public let lastUsed: Date
  }

  /// Where caches are kept unless said: `$XDG_CACHE_HOME/steadfast`, or `~/.cache/steadfast` where that is not set
  /// (XDG Base Directory Specification, 0.8).
  public static var standard: URL {
    let named = ProcessInfo.processInfo.environment["XDG_CACHE_HOME"] ?? ""
    // The specification has relative paths ignored.
    let base =
      named.hasPrefix("/")
      ? URL(fileURLWithPath: named) : FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache")
    return base.appendingPathComponent("steadfast")
  }

  static let suffix = ".pixels"
  static let unfinishedSuffix = ".unfinished"

  /// The folder of cache files; it need not exist.
  public let url: URL

  public init(_ url: URL = CacheStore.standard) {
    self.url = url
  }

  /// The cache files, the one used last first.
  ///
  /// - Throws: `DataError` if the folder cannot be read; a folder that is not there has none.
  public func entries() throws -> [Entry] {
    try Self.names(in: url).filter { $0.hasSuffix(Self.suffix) }
      .compactMap { Self.entry(url.appendingPathComponent($0)) }
      .sorted { ($1.lastUsed, $0.url.path) < ($0.lastUsed, $1.url.path) }
  }

  /// Removes all cache files, and what builds that were killed have left. Programs that use a cache keep it until they
  /// end.
  ///
  /// - Returns: how many cache files were removed.
  /// - Throws: `DataError` if the folder cannot be read or a file not be removed.
  @discardableResult public func clear() throws -> Int {
    Self.removeAbandoned(in: url)
    let names = try Self.names(in: url).filter { $0.hasSuffix(Self.suffix) }
    for name in names {
      let path = url.path + "/" + name
      guard unlink(path) == 0 || errno == ENOENT else { throw FileReader.systemError(path) }
    }
    return names.count
  }

  /// Removes unfinished files that no living process writes.
  static func removeAbandoned(in folder: URL) {
    for name in (try? names(in: folder)) ?? [] where name.hasSuffix(unfinishedSuffix) {
      let path = folder.path + "/" + name
      let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(descriptor)
    }
  }

  /// Names of files that only a cache can have: others in the folder are left alone.
  private static func names(in folder: URL) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { name in
        let key = name.prefix { $0 != "." }
        return key.count == 32 && key.allSatisfy { "0123456789abcdef".contains($0) }
      }
    } catch {
      guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
      throw DataError(code: .io, path: folder.path, reason: "the folder of caches cannot be read")
    }
  }

  private static func entry(_ url: URL) -> Entry? {
    let descriptor = open(url.path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    let header = CacheFile.header(descriptor)
    var folder = ""
    if let header {
      var start = [UInt8](repeating: 0, count: min(header.indexByteCount, Int(PATH_MAX) + 4))
      if start.withUnsafeMutableBytes({ readAll($0, from: descriptor, at: header.indexOffset) }) {
        folder = start.withUnsafeBytes { bytes in
          var reader = ByteReader(bytes)
          return (try? reader.string()) ?? ""
        }
      }
    }
    return Entry(
      url: url, bytes: Int(status.st_size), images: header?.imageCount ?? 0, folder: folder,
      lastUsed: Date(timeIntervalSince1970: TimeInterval(status.st_mtim.tv_sec)))
  }
}
