import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// The images that a study works on.
struct StudyImages {
  let train: LabelledTensors
  let test: LabelledTensors
  /// Of the training images taken.
  let statistics: PixelStatistics
  /// Channels, height, width.
  let inputShape: [Int]
  let classCount: Int
}

extension StudySetting {
  /// Images of ``folder``, decoded once per side however often they are asked for.
  ///
  /// A part of the images is spread evenly over the classes, which come in turn; which images those are depends on
  /// their number in the folder alone, and a smaller part is the beginning of a larger one.
  /// - Parameters:
  ///   - side: rows and columns that the images are resized to; nil leaves them as they are.
  ///   - train: how many training images; nil takes all, as does a number that there are not.
  ///   - test: the same of test images.
  /// - Throws: `DataError` as `ImageFolder.load`; ``StudyError`` for a number below 1.
  @TorchActor func images(side: Int? = nil, train: Int? = nil, test: Int? = nil) throws -> StudyImages {
    for number in [side, train, test].compactMap(\.self) where number < 1 {
      throw StudyError.unusable("the side of images and their number must be at least 1, not \(number)")
    }
    let folder = try store.folder(self.folder, side: side)
    let trained = try folder.train.spread(train, stream: RandomStream(seed: 0).stream("study train"))
    return StudyImages(
      train: trained, test: try folder.test.spread(test, stream: RandomStream(seed: 0).stream("study test")),
      statistics: try PixelStatistics(of: trained.pixels),
      inputShape: [folder.train.channels, folder.train.height, folder.train.width], classCount: folder.classes.count)
  }
}

extension ImageSet {
  /// Images of all classes in turn, each class in an order of its own.
  fileprivate func spread(_ wanted: Int?, stream: RandomStream) throws -> LabelledTensors {
    let members = classes.indices.map { label in
      let own = labels.indices.filter { labels[$0] == label }
      return stream.stream(label).permutation(own.count).map { own[$0] }
    }
    let longest = members.map(\.count).max() ?? 0
    let order = (0..<longest).flatMap { rank in members.compactMap { rank < $0.count ? $0[rank] : nil } }
    let chosen = Array(order.prefix(wanted ?? count))
    return try LabelledTensors(pixels: pixels(chosen, on: .cpu), labels: chosen.map { labels[$0] })
  }
}

extension PixelStatistics {
  /// Per channel over N×C×H×W pixels.
  init(of pixels: Tensor) throws {
    let mean = try pixels.mean([0, 2, 3], keepingDimensions: true)
    let deviation = try (pixels - mean).squared().mean([0, 2, 3]).doubles().map { $0.squareRoot() }
    self.init(mean: try mean.doubles(), measured: deviation)
  }
}
