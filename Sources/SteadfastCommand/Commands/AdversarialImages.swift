import Foundation
import Steadfast

/// Writes adversarial images as 8-bit PNGs that stay inside their ball.
struct AdversarialImages {
  let folder: URL

  /// Makes the folder if it is not there.
  init(folder: URL) throws {
    self.folder = folder
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
    for item in kept {
      let size = item.ball.epsilon.text.replacing("/", with: "of")
      let place = Numbers.padded(item.place)
      let (clean, adversarial) = (try batch(item.clean), try batch(item.adversarial))
      let levels = try PixelGrid.levels(adversarial, clean: clean, within: item.ball)
      let name = "\(network)-\(item.attack)-\(item.ball.norm.rawValue)-\(size)-\(place).png"
      files.append(try write(levels, shape: item.clean.shape, name))
      let original = "\(network)-clean-\(place).png"
      if !files.contains(original) {
        files.append(try write((clean * 255).rounded().to(.uint8), shape: item.clean.shape, original))
      }
    }
    return files
  }

  private func batch(_ image: HostTensor) throws -> Tensor { try Tensor(image).reshaped([1] + image.shape) }

  private func write(_ levels: Tensor, shape: [Int], _ name: String) throws -> String {
    for bytes in try PixelGrid.bytes(of: levels) {
      let image = try Image(width: shape[2], height: shape[1], channels: shape[0], pixels: bytes)
      try PNG.write(image, to: folder.appendingPathComponent(name))
    }
    return name
  }
}
