import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

/// A folder that is gone afterwards.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("studies-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

extension StudySetting {
  /// For studies that look at no image.
  static func withoutImages(seeds: [UInt64] = [0, 1, 2]) -> StudySetting {
    StudySetting(scale: .tiny, seeds: seeds, folder: URL(fileURLWithPath: "/nowhere"))
  }
}

/// A theorem holds at every scale.
func expectChecksMet(_ record: StudyRecord) {
  for criterion in record.criteria where criterion.kind == .check {
    #expect(criterion.outcome == .met, "\(record.name): \(criterion.detail)")
  }
}

/// A study whose outcome is given.
struct ToyStudy: Study {
  var name = "toy"
  var criteria: [StudyCriterion]
  var outcome: StudyOutcome

  let title = "A toy"
  let claim = "Toys behave."
  let method = "Nothing is measured."
  let conditions = "None."

  func run(_ setting: StudySetting) throws -> StudyOutcome { outcome }
}

/// A residual network on 1×4×4 pixels in two classes, and bright and dark images that a line tells apart.
struct ToyTraining {
  let network: TaskNetwork
  let data: LabelledTensors

  init(count: Int = 120, seed: UInt64 = 5) throws {
    let stream = RandomStream(seed: seed)
    let description = NetworkDescription(architecture: .mlp, depth: 2, width: 12, norm: .none)
    let trunk = try description.makeTrunk(
      inputShape: [1, 4, 4], statistics: PixelStatistics(mean: [0.5], std: [0.25]), stream: stream.stream("trunk"))
    let head = try description.makeHead(features: 12, classCount: 2, stream: stream.stream("head"))
    network = TaskNetwork(trunk: trunk, adapter: nil, head: head)
    let labels = (0..<count).map { $0 % 2 }
    let noise = try Tensor.uniform([count, 1, 4, 4], stream.stream("noise"))
    let bright = try Tensor(labels.map(Float.init), [count, 1, 1, 1])
    data = try LabelledTensors(pixels: noise * 0.4 + bright * 0.5, labels: labels)
  }
}
