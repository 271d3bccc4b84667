import Foundation
import Steadfast

/// Adversarial images as PNGs that stay inside their ball, with a page to look through them.
struct AdversarialImages {
  let folder: URL
  private(set) var files: [String] = []
  private var items: [GalleryItem] = []

  /// Makes the folder if it is not there.
  init(folder: URL) throws {
    self.folder = folder
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandError(.io, "\(folder.path): cannot make the folder: \(error.localizedDescription)")
    }
  }

  /// Every attack's image of what was kept, and each clean one once.
  /// - Parameter number: of the network, from 1; file names begin with it.
  @TorchActor
  mutating func write(
    _ kept: [KeptAdversarial], of network: JudgedNetwork, number: Int, depth: SampleDepth
  ) throws {
    let writer = AdversarialFiles(folder: folder, depth: depth)
    let subject = network.subject
    func name(_ label: Int) -> String { subject.classes?[label] ?? "class \(label)" }
    for item in kept {
      let size = item.ball.epsilon.text.replacing("/", with: "of")
      let place = Numbers.padded(item.place)
      let pair = try writer.write(
        item, original: "\(number)-clean-\(place).png",
        adversarial: "\(number)-\(item.attack)-\(item.ball.norm.rawValue)-\(size)-\(place).png",
        network: subject.network)
      for file in [pair.adversarial, pair.original] where !files.contains(file) { files.append(file) }
      items.append(
        GalleryItem(
          task: network.title, trueClass: name(item.label), original: pair.original, adversarial: pair.adversarial,
          norm: item.ball.norm, epsilon: item.ball.epsilon, attack: item.attack,
          predictedClean: name(item.cleanPrediction), predictedAdversarial: name(pair.prediction),
          onGrid: pair.fools))
    }
  }

  /// Writes the page.
  mutating func finish() throws {
    let page = GalleryPage(title: "Adversarial images", items: items, folder: folder)
    try AtomicFile.write(page.html, to: folder.appending(path: "index.html"))
    files.append("index.html")
  }
}
