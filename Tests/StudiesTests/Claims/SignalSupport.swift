import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

/// A folder of 8×8 gray images in three classes, bars at different heights under noise.
func withSignalImages<Result>(_ body: (URL) throws -> Result) throws -> Result {
  try withTemporaryFolder { root in
    let stream = RandomStream(seed: 11)
    for (split, count) in [("train", 16), ("test", 4)] {
      for label in 0..<3 {
        let folder = root.appendingPathComponent("\(split)/class\(label)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<count {
          let noise = stream.stream(split).stream(label).stream(number)
          let pixels = (0..<64).map { place -> UInt8 in
            let isBar = (place / 8) / 3 == label
            return UInt8((isBar ? 150 : 20) + 80 * noise.uniform(at: UInt64(place)))
          }
          let image = try Image(width: 8, height: 8, channels: 1, pixels: pixels)
          try PNG.write(image, to: folder.appendingPathComponent("\(number).png"))
        }
      }
    }
    return try body(root)
  }
}

/// Runs a study at its smallest and checks what every record has to have.
@TorchActor @discardableResult
func tinyRun(_ study: any Study, allowingInfinite: Set<String> = []) throws -> StudyRecord {
  try withSignalImages { folder in
    let record = try StudyRunner(StudySetting(scale: .tiny, folder: folder)).run(study)
    #expect(record.criteria.count == study.criteria.count && StudyRecord.isName(record.name))
    expectChecksMet(record)
    #expect(!record.findings.isEmpty && !record.figures.isEmpty)
    for finding in record.findings where !allowingInfinite.contains(finding.name) {
      #expect(finding.value.isFinite, "\(finding.name)")
    }
    for figure in record.figures {
      #expect(figure.series.count <= 6 && figure.series.allSatisfy { !$0.points.isEmpty }, "\(figure.title)")
    }
    #expect(try StudyRecord(json: record.json()) == record)
    return record
  }
}

/// A small MLP on 1×4×4 pixels, in float64, and a batch for it.
struct SignalToy {
  let network: TaskNetwork
  let pixels: Tensor
  let labels: Tensor

  init(
    _ block: NetworkDescription.BlockKind, _ initialization: NetworkDescription.Initialization = .he, depth: Int = 4,
    width: Int = 6, seed: UInt64 = 3
  ) throws {
    let stream = RandomStream(seed: seed)
    let data = try LabelledTensors(
      pixels: Tensor.uniform([5, 1, 4, 4], stream.stream("pixels")), labels: [0, 1, 2, 0, 1])
    let images = StudyImages(
      train: data, test: data, statistics: PixelStatistics(mean: [0.5], std: [0.25]), inputShape: [1, 4, 4],
      classCount: 3)
    network = try images.freshNetwork(
      NetworkDescription(
        architecture: .mlp, depth: depth, width: width, block: block, initialization: initialization, norm: .none),
      stream)
    try network.becomeFloat64()
    pixels = try data.pixels.to(.float64)
    labels = data.targets
  }
}
