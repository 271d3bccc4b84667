import Foundation
import TensorFiles

/// `metrics.jsonl`: a JSON object per line and event; cut back on resume to where the checkpoint stood.
struct EventLog {
  private let file: AppendOnlyFile

  /// - Parameter offset: bytes to keep of a file that is there already.
  init(_ url: URL, keeping offset: Int) throws {
    file = try AppendOnlyFile(url)
    guard file.length >= offset else {
      throw RunError.damaged(path: url.path, reason: "is shorter than the \(offset) bytes its checkpoint knows of")
    }
    try file.truncate(to: offset)
  }

  /// Bytes written so far.
  var offset: Int { file.length }

  func append(_ event: some Encodable) throws { try append(line: Self.line(of: event)) }

  func append(line: String) throws { try file.append(Array(line.utf8) + [UInt8(ascii: "\n")]) }

  static func line(of event: some Encodable) throws -> String {
    String(decoding: try JSONEncoder.canonical().encode(event), as: UTF8.self)
  }

  /// Flushes to the disk, before a checkpoint that refers to the offset.
  func synchronize() throws { try file.synchronize() }
}

/// An epoch of training.
struct TrainingEvent: Encodable {
  var event = "epoch"
  let lesson: String
  let epoch: Int
  let epochs: Int
  let meanLoss: Double
  let learningRate: Double
}

/// Accuracy under attack after an epoch of single-step adversarial training.
struct RobustnessEvent: Encodable {
  let event: String
  let lesson: String
  let epoch: Int
  let pgdAccuracy: Double
  let n: Int
  let bestBefore: Double?

  init(lesson: String, epoch: Int, _ reading: OverfittingCheck.Reading) {
    event = reading.hasOverfitted ? "catastrophic-overfitting" : "robust-accuracy"
    (self.lesson, self.epoch) = (lesson, epoch)
    (pgdAccuracy, n, bestBefore) = (reading.accuracy, reading.count, reading.best)
  }
}

/// A cell of the evaluation tensor.
struct EvaluationEvent: Encodable {
  var event = "evaluation"
  let afterTask: Int
  let onTask: Int
  let measure: String
  let readout: String
  let correct: Int
  let n: Int
}
