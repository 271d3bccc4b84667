import Foundation
import ImageData
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Studies

/// A folder of 8×8 gray images in three classes, each brighter than the one before and with noise of its own, at scale
/// tiny.
@TorchActor func withClaimImages(_ body: (StudySetting) throws -> Void) throws {
  try withTemporaryFolder { root in
    let noise = RandomStream(seed: 7)
    for (split, count) in [("train", 14), ("test", 6)] {
      for (label, name) in ["dark", "gray", "light"].enumerated() {
        let folder = root.appendingPathComponent("\(split)/\(name)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<count {
          let own = noise.stream(split).stream(name).stream(number)
          let pixels = (0..<64).map { UInt8(70 * label + own.integer(below: 60, at: UInt64($0))) }
          let image = try Image(width: 8, height: 8, channels: 1, pixels: pixels)
          try PNG.write(image, to: folder.appendingPathComponent("\(number).png"))
        }
      }
    }
    try body(StudySetting(scale: .tiny, seeds: [0, 1], folder: root))
  }
}

/// Runs a study at scale tiny: one judgement per criterion, no finding that is not a number, figures with points.
@TorchActor func expectOutcome(of study: any Study) throws {
  try withClaimImages { setting in
    let record = try StudyRunner(setting).run(study)
    #expect(record.criteria.count == study.criteria.count)
    expectChecksMet(record)
    #expect(!record.findings.isEmpty && !record.findings.contains { $0.value.isNaN })
    #expect(Set(record.findings.map(\.name)).count == record.findings.count)
    #expect((1...3).contains(record.figures.count))
    for figure in record.figures {
      #expect((1...6).contains(figure.series.count) && figure.series.contains { !$0.points.isEmpty })
    }
  }
}
