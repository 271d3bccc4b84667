import Foundation
import ImageData
import Testing

/// The data set that ships with the project.
@Suite struct FashionMiniTests {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Datasets/fashion-mini")

  @Test func isCompleteAndWhole() throws {
    let folder = try ImageFolder.load(root, options: .init(strict: true))
    #expect(folder.classes.count == 10 && folder.classes.first == "0-t-shirt" && folder.classes.last == "9-ankle-boot")
    #expect((folder.train.height, folder.train.width, folder.train.channels) == (28, 28, 1))
    for label in 0..<10 {
      #expect(folder.train.labels.count { $0 == label } == 450)
      #expect(folder.test.labels.count { $0 == label } == 125)
    }
  }

  /// The full training set's published statistics are 0.2860 and 0.3530; a sample of 4,500 images lies near.
  @Test func hasTheStatisticsOfFashionMNIST() throws {
    let summary = try DatasetSummary.inspect(root)
    #expect(abs(summary.splits[0].mean[0] - 0.2860) < 0.01, "\(summary.splits[0].mean)")
    #expect(abs(summary.splits[0].standardDeviation[0] - 0.3530) < 0.01, "\(summary.splits[0].standardDeviation)")
    #expect(summary.problems.isEmpty && summary.skipped.isEmpty && summary.warnings.isEmpty)
    #expect(summary.duplicates.allSatisfy { !$0.acrossSplits })
  }
}
