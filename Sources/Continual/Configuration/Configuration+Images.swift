import Foundation
import ImageData

extension Configuration.Data {
  /// How a run reads its images, so that whoever reads them again gets the same.
  /// - Parameter seed: the run's; it decides what is held out for testing.
  public func imageFolderOptions(seed: UInt64) -> ImageFolderOptions {
    let cache = cacheFolder.isEmpty ? CacheStore.standard : URL(filePath: cacheFolder)
    var options = ImageFolderOptions()
    options.decoding = decoding
    options.storage =
      switch storage {
      case .auto: .automatic(cache)
      case .memory: .memory
      case .cache: .cache(cache)
      case .lazily: .lazily
      }
    options.strict = strict
    options.testFraction = testFraction
    options.seed = seed
    options.trainPerClass = trainPerClass
    return options
  }
}
