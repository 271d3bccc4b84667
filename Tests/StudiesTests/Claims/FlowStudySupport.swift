import Foundation
import ImageData
import RandomStreams
import Testing
import TorchCore

@testable import Studies

/// 8×8 gray images of three classes that differ in brightness, noisy.
func withFlowImages(seeds: [UInt64] = [0, 1], _ body: @TorchActor (StudySetting) throws -> Void) async throws {
  let root = FileManager.default.temporaryDirectory.appendingPathComponent("flow-studies-\(UUID().uuidString)")
  defer { try? FileManager.default.removeItem(at: root) }
  let noise = RandomStream(seed: 8)
  for (split, count) in [("train", 20), ("test", 10)] {
    for label in 0..<3 {
      let folder = root.appendingPathComponent("\(split)/class\(label)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for number in 0..<count {
        let own = noise.stream(split).stream(label).stream(number)
        let pixels = (0..<64).map { UInt8(70 * label + own.integer(below: 60, at: UInt64($0))) }
        let image = try Image(width: 8, height: 8, channels: 1, pixels: pixels)
        try PNG.write(image, to: folder.appendingPathComponent("\(number).png"))
      }
    }
  }
  let setting = StudySetting(scale: .tiny, seeds: seeds, folder: root)
  try await TorchActor.run {
    try Torch.setThreads(1)
    try body(setting)
  }
}

/// Runs a study at its smallest scale and checks that what it yields is whole.
@TorchActor func checkedRun(_ study: some Study, _ setting: StudySetting) throws -> StudyOutcome {
  let outcome = try study.run(setting)
  #expect(outcome.judgements.count == study.criteria.count)
  for (criterion, judgement) in zip(study.criteria, outcome.judgements) where criterion.kind == .check {
    #expect(judgement.outcome == .met, "\(criterion.statement): \(judgement.detail)")
  }
  for finding in outcome.findings { #expect(!finding.value.isNaN, "\(finding.name)") }
  #expect(!outcome.figures.isEmpty && outcome.figures.allSatisfy { !$0.series.isEmpty && $0.series.count <= 6 })
  for series in outcome.figures.flatMap(\.series) { #expect(!series.points.isEmpty, "\(series.name)") }
  return outcome
}
