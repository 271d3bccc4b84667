import Foundation
import ImageData
import TensorFiles
import TorchCore

/// Adversarial images as people see them: rounded to whole levels inside the ball, written as PNGs beside their
/// originals, read back and scored again.
public struct AdversarialFiles {
  public let folder: URL
  public let depth: SampleDepth

  /// - Parameter folder: is there; files of the same names are replaced.
  public init(folder: URL, depth: SampleDepth) {
    self.folder = folder
    self.depth = depth
  }

  /// Two files and what the network says of the second.
  public struct Pair: Sendable, Equatable {
    /// File names.
    public var original: String
    public var adversarial: String
    /// The label of the adversarial as it was read back.
    public var prediction: Int
    /// Whether it is a wrong one.
    public var fools: Bool
  }

  /// - Parameters:
  ///   - original, adversarial: file names.
  ///   - network: that the adversarial was made for.
  /// - Throws: ``RobustnessError/cleanPixelOffGrid(farthest:bits:)``, `DataError`, `TorchError`.
  public func write(
    _ kept: KeptAdversarial, original: String, adversarial: String, network: any Classifier
  ) throws -> Pair {
    let grid = PixelGrid(depth)
    let (channels, height, width) = (kept.clean.shape[0], kept.clean.shape[1], kept.clean.shape[2])
    let clean = try batch(kept.clean)
    func save(_ levels: Tensor, _ name: String) throws -> [UInt8] {
      let url = folder.appending(path: name)
      let image = try Image(
        width: width, height: height, channels: channels, depth: depth, pixels: grid.bytes(of: levels)[0])
      try PNG.write(image, to: url)
      return try PNG.decode(contentsOf: url, depth: depth).pixels
    }
    let untouched = PerturbationBall(kept.ball.norm, .zero)
    let before = try save(grid.levels(clean, clean: clean, within: untouched), original)
    let after = try save(grid.levels(batch(kept.adversarial), clean: clean, within: kept.ball), adversarial)
    let verdict = try grid.rescore(
      network, images: [after], clean: [before], labels: [kept.label], norm: kept.ball.norm)
    return Pair(
      original: original, adversarial: adversarial, prediction: verdict.predictions[0], fools: verdict.fooled[0])
  }

  private func batch(_ image: HostTensor) throws -> Tensor { try Tensor(image).reshaped([1] + image.shape) }
}
