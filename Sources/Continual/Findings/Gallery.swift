import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// Adversarial images as people see them: rounded to 8 bits inside the ball, written as PNG, read back and scored
/// again.
struct Gallery {
  let folder: URL
  /// The folder's own name in paths, relative to the run folder.
  let relativeTo: String
  let settings: Configuration.Evaluation
  let stream: RandomStream

  /// How many test images are tried for one that is fooled.
  private static let candidatesPerItem = 10

  /// The first images of the task that the attack fools, at the smallest ε that fools as many as are wanted (or at the
  /// largest one).
  func items(_ network: DeployedNetwork, _ benchmark: TaskBenchmark, task: Int) throws -> [GalleryItem] {
    guard settings.galleryPerTask > 0, let attack = settings.attacks.first(where: { $0.norm == .linf }) else {
      return []
    }
    let sample = try benchmark.sample(settings.galleryPerTask * Self.candidatesPerItem)
    let batch = try AttackBatch(
      network, pixels: sample.pixels, labels: sample.labels, streams: sample.indices.map { stream.stream($0) })

    var chosen: (ball: PerturbationBall, result: AttackResult, rows: [Int])?
    for epsilon in attack.planned.epsilons where epsilon.floorSteps(of: benchmark.images.shape.depth.maximum) >= 1 {
      let ball = PerturbationBall(attack.norm, epsilon)
      let result = try attack.planned.attack.perturb(batch, within: ball, carrying: nil)
      let rows = batch.labels.indices.filter { result.success[$0] && batch.cleanCorrect[$0] }
      if !rows.isEmpty { chosen = (ball, result, Array(rows.prefix(settings.galleryPerTask))) }
      if rows.count >= settings.galleryPerTask { break }
    }
    guard let chosen else { return [] }
    return try save(
      chosen.rows, chosen.result, chosen.ball, batch, sample.places, benchmark, attack.name.rawValue, task)
  }

  private func save(
    _ rows: [Int], _ result: AttackResult, _ ball: PerturbationBall, _ batch: AttackBatch, _ places: [Int],
    _ benchmark: TaskBenchmark, _ attack: String, _ task: Int
  ) throws -> [GalleryItem] {
    let shape = benchmark.images.shape
    let grid = PixelGrid(shape.depth)
    let bytes = try grid.bytes(of: grid.levels(result.adversarial, clean: batch.pixels, within: ball))
    let classNames = benchmark.task.classNames
    try FileManager.default.makeFolder(folder)
    return try rows.enumerated().map { number, row in
      let clean = try benchmark.images.image(places[row])
      let name = "\(TaskModels.partFile(task))-\(number + 1)"
      let (cleanURL, adversarialURL) = (
        folder.appending(path: name + "-clean.png"), folder.appending(path: name + "-adversarial.png")
      )
      try PNG.write(clean, to: cleanURL)
      try PNG.write(Image(shape: shape, pixels: bytes[row]), to: adversarialURL)
      let read = { (url: URL) in try PNG.decode(contentsOf: url, depth: shape.depth).pixels }
      let verdict = try grid.rescore(
        batch.network, images: [read(adversarialURL)], clean: [read(cleanURL)], labels: [batch.labels[row]],
        norm: ball.norm)
      return GalleryItem(
        task: benchmark.task.name, trueClass: classNames[batch.labels[row]],
        original: relativeTo + "/" + cleanURL.lastPathComponent,
        adversarial: relativeTo + "/" + adversarialURL.lastPathComponent, norm: ball.norm, epsilon: ball.epsilon,
        attack: attack, predictedClean: classNames[batch.cleanPredictions[row]],
        predictedAdversarial: classNames[verdict.predictions[0]], onGrid: verdict.fooled[0])
    }
  }
}
