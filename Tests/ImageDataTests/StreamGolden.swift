import Foundation

/// Golden values of task streams from a second writing in Python (Tools/oracles/task_streams.py).
struct StreamGolden: Decodable {
  struct Online: Decodable {
    let sizes: [Int]
    let batch: Int
    let blur: Double
    let batches: [[[Int]]]
  }

  let seed: UInt64
  let height: Int
  let width: Int
  /// For each task, where each pixel comes from.
  let orders: [[Int]]
  let fingerprints: [String]
  let angles: [Double]
  let turnedAngles: [Double]
  let noise: [String: [String]]
  let classOrder: [Int]
  let online: [Online]
  let tested: [String: [String]]

  static func read() throws -> StreamGolden {
    try JSONDecoder().decode(StreamGolden.self, from: Data(contentsOf: fixture("task_streams.json")))
  }
}
