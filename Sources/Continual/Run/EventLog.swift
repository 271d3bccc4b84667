import Foundation

/// `metrics.jsonl`: a JSON object per line and event, appended; cut back on resume to where the checkpoint stood.
final class EventLog {
  private let descriptor: Int32
  private let path: String

  /// - Parameter offset: bytes to keep of a file that is there already.
  init(_ url: URL, keeping offset: Int) throws {
    path = url.path
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw RunError.io(path: path, reason: String(cString: strerror(errno))) }
    guard lseek(descriptor, 0, SEEK_END) >= offset else {
      throw RunError.damaged(path: path, reason: "is shorter than the \(offset) bytes its checkpoint knows of")
    }
    guard ftruncate(descriptor, off_t(offset)) == 0, lseek(descriptor, 0, SEEK_END) == offset else {
      throw RunError.io(path: path, reason: String(cString: strerror(errno)))
    }
  }

  deinit { close(descriptor) }

  /// Bytes written so far.
  var offset: Int { Int(lseek(descriptor, 0, SEEK_CUR)) }

  func append(_ event: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var line = try encoder.encode(event)
    line.append(UInt8(ascii: "\n"))
    let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    guard written == line.count else {
      throw RunError.io(path: path, reason: "cannot append: \(String(cString: strerror(errno)))")
    }
  }

  /// Flushes to the disk, before a checkpoint that refers to the offset.
  func synchronize() throws {
    guard fsync(descriptor) == 0 else { throw RunError.io(path: path, reason: String(cString: strerror(errno))) }
  }
}

/// The events of a run.
struct TrainingEvent: Encodable {
  var event = "epoch"
  let lesson: String
  let epoch: Int
  let epochs: Int
  let meanLoss: Double
  let learningRate: Double
}

struct EvaluationEvent: Encodable {
  var event = "evaluation"
  let afterTask: Int
  let onTask: Int
  let measure: String
  let correct: Int
  let n: Int
}
