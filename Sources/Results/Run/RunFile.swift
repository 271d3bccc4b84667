import Foundation

/// What a run writes at the top of its folder.
package enum RunFile: String, CaseIterable {
  case configuration = "config.yaml"
  case environment = "environment.json"
  case metrics = "metrics.jsonl"
  case log = "log.txt"
  /// A folder: the newest complete state after each lesson.
  case checkpoints
  case results = "results.json"
  case pageReport = "report.html"
  case markdownReport = "report.md"
  case tableReport = "report.csv"
  /// A folder: images that fool a network.
  case adversarial
  /// A folder: one self-describing weights file a task.
  case networks
  /// A folder of run folders.
  case contrasts
  /// Why a grid's cell came to nothing, in words.
  case failure = "failure.txt"
}

extension URL {
  package func appending(_ file: RunFile) -> URL { appending(path: file.rawValue) }
}
