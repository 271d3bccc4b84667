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

  /// From Tools/oracles/image_set_digest.py.
  @Test func hasItsDigestsWhereverPixelsAre() throws {
    let caches = try TemporaryFolder()
    for storage in [ImageFolderOptions.Storage.memory, .cache(caches.url), .cache(caches.url), .lazily] {
      let folder = try ImageFolder.load(root, options: .init(storage: storage))
      #expect(try folder.train.digest == "a4db221bc3a949e64ec6fb356aa116111535124bf0a10c0179c614ac5132c9c3")
      #expect(try folder.test.digest == "cd4bd8ef06f264283161613917c6a0da2d36ef4dd4d154c04c3ae2ba35239fe1")
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
