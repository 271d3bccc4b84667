import Foundation
import Steadfast

/// Writes adversarial images as PNGs that stay inside their ball, at the depth of the images they come from.
struct AdversarialImages {
  let folder: URL
  private let depth: SampleDepth

  /// Makes the folder if it is not there.
  init(folder: URL, depth: SampleDepth) throws {
    self.folder = folder
    self.depth = depth
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandError(.io, "\(folder.path): cannot make the folder: \(error.localizedDescription)")
    }
  }

  /// - Parameter network: a short name that file names begin with.
  /// - Returns: the files: every attack's image, and each clean one once.
  @TorchActor
  func write(_ kept: [KeptAdversarial], network: String) throws -> [String] {
    var files: [String] = []
    let grid = PixelGrid(depth)
    for item in kept {
      let size = item.ball.epsilon.text.replacing("/", with: "of")
      let place = Numbers.padded(item.place)
      let (clean, adversarial) = (try batch(item.clean), try batch(item.adversarial))
      let levels = try grid.levels(adversarial, clean: clean, within: item.ball)
      let name = "\(network)-\(item.attack)-\(item.ball.norm.rawValue)-\(size)-\(place).png"
      files.append(try write(levels, shape: item.clean.shape, name))
      let original = "\(network)-clean-\(place).png"
      if !files.contains(original) {
        let still = PerturbationBall(item.ball.norm, try Rational(0, over: 1))
        files.append(try write(grid.levels(clean, clean: clean, within: still), shape: item.clean.shape, original))
      }
    }
    return files
  }

  private func batch(_ image: HostTensor) throws -> Tensor { try Tensor(image).reshaped([1] + image.shape) }

  private func write(_ levels: Tensor, shape: [Int], _ name: String) throws -> String {
    for bytes in try PixelGrid(depth).bytes(of: levels) {
      let image = try Image(width: shape[2], height: shape[1], channels: shape[0], depth: depth, pixels: bytes)
      try PNG.write(image, to: folder.appendingPathComponent(name))
    }
    return name
  }
}
