import Foundation
import Results
import TensorFiles

/// A cell's folder, seen from outside: what state its run is in.
struct GridCellFolder {
  let url: URL
  let configuration: Configuration

  private var failure: URL { url.appending(RunFile.failure) }

  enum State {
    case absent
    /// With this configuration, which may measure more than was asked for.
    case begun(Configuration)
    /// Made with another configuration; each difference is a line.
    case differs([String])
    /// A damaged configuration file.
    case unreadable(any Error)
  }

  func state() -> State {
    let file = url.appending(RunFile.configuration)
    guard FileManager.default.fileExists(atPath: file.path) else { return .absent }
    do {
      let made = try ConfigurationReader.read(contentsOf: file)
      let differences = configuration.measuring(as: made).differences(from: made)
      return differences.isEmpty ? .begun(made) : .differs(differences)
    } catch {
      return .unreadable(error)
    }
  }

  /// What a finished run found out; nil where it is not finished.
  /// - Throws: `ResultsError` for a damaged file.
  func results() throws -> Results? {
    let file = url.appending(RunFile.results)
    guard case .begun = state(), FileManager.default.fileExists(atPath: file.path) else { return nil }
    let results = try Results(contentsOf: file)
    guard let made = try? ConfigurationReader.read(results.configuration, path: file.path),
      configuration.measuring(as: made) == made
    else { return nil }
    return results
  }

  /// - Throws: `RunError.dataDiffers` unless the run learned from these images; `.damaged` where that cannot be told.
  func requireSameImages(_ material: RunMaterial) throws {
    guard let digests = try CheckpointStore(root: url.appending(RunFile.checkpoints)).imageDigests() else { return }
    try material.requireSame(digests, as: url.path)
  }

  /// Why the run came to nothing, where it did so since a moment: in another process.
  func failure(since start: Date) -> String? {
    let values = try? failure.resourceValues(forKeys: [.contentModificationDateKey])
    guard let date = values?.contentModificationDate, date >= start else { return nil }
    return try? String(contentsOf: failure, encoding: .utf8)
  }

  func writeFailure(_ reason: String) throws {
    try FileManager.default.makeFolder(url)
    try AtomicFile.write(reason, to: failure)
  }

  /// Whether another process works on it now.
  var isInUse: Bool { RunFolder.isInUse(url) }

  /// An earlier failure is over once the run is tried again.
  func forgetFailure() { try? FileManager.default.removeItem(at: failure) }
}

extension Configuration {
  /// The configuration with the evaluation of a run that measured more than it asks for, as after `evaluate`.
  fileprivate func measuring(as made: Configuration) -> Configuration {
    guard made.evaluation.covers(evaluation) else { return self }
    var configuration = self
    configuration.evaluation = made.evaluation
    return configuration
  }
}
