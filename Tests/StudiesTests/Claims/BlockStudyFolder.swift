import Foundation
import ImageData
import RandomStreams
import Results
import Testing
import TorchCore

@testable import Studies

/// Runs a study at its smallest scale on 8×8 images of six classes that differ in which part is bright.
@TorchActor
func runOnGeneratedImages(_ study: any Study, seeds: [UInt64] = [0, 1]) throws -> StudyRecord {
  try withTemporaryFolder { root in
    let noise = RandomStream(seed: 7)
    for (split, count) in [("train", 10), ("test", 4)] {
      for label in 0..<6 {
        let folder = root.appendingPathComponent("\(split)/class\(label)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<count {
          let own = noise.stream(split).stream(label).stream(number)
          let pixels = (0..<64).map { place in
            let isBright = place / 32 == label / 3 && place % 8 / 3 == label % 3
            return UInt8((isBright ? 150 : 30) + 90 * own.uniform(at: UInt64(place)))
          }
          let image = try Image(width: 8, height: 8, channels: 1, pixels: pixels)
          try PNG.write(image, to: folder.appendingPathComponent("\(number).png"))
        }
      }
    }
    return try StudyRunner(StudySetting(scale: .tiny, seeds: seeds, folder: root)).run(study)
  }
}

/// Checks that a record is complete: every criterion judged, every figure drawn, every finding a number.
/// - Parameter undefined: how a finding begins that may be no number at this scale, such as a correlation of constants.
func expectComplete(_ record: StudyRecord, of study: any Study, undefined: String? = nil) {
  #expect(record.name == study.name && StudyRecord.isName(study.name))
  #expect(record.criteria.map(\.statement) == study.criteria.map(\.statement))
  expectChecksMet(record)
  #expect(record.criteria.allSatisfy { !$0.detail.isEmpty })
  for finding in record.findings where !(undefined.map { finding.name.hasPrefix($0) } ?? false) {
    #expect(finding.value.isFinite, "\(finding.name)")
  }
  #expect(!record.findings.isEmpty && (1...3).contains(record.figures.count))
  for figure in record.figures {
    #expect(figure.series.allSatisfy { !$0.points.isEmpty } && (1...6).contains(figure.series.count), "\(figure.title)")
  }
}
