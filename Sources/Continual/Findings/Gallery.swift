import Foundation
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
  /// - Parameter network: made only where the gallery has any use for it.
  func items(
    _ network: @autoclosure () throws -> DeployedNetwork, _ benchmark: TaskBenchmark, task: Int
  ) throws -> [GalleryItem] {
    guard settings.galleryPerTask > 0, let attack = settings.attacks.first(where: { $0.norm == .linf }) else {
      return []
    }
    let sample = try benchmark.sample(settings.galleryPerTask * Self.candidatesPerItem)
    let batch = try AttackBatch(
      network(), pixels: sample.pixels, labels: sample.labels, streams: sample.indices.map { stream.stream($0) })

    var chosen: (ball: PerturbationBall, result: AttackResult, rows: [Int])?
    for epsilon in attack.epsilons where epsilon.floorSteps(of: benchmark.images.shape.depth.maximum) >= 1 {
      let ball = PerturbationBall(attack.norm, epsilon)
      let result = try attack.planned().attack.perturb(batch, within: ball, carrying: nil)
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
    try FileManager.default.makeFolder(folder)
    let files = AdversarialFiles(folder: folder, depth: benchmark.images.shape.depth)
    let classNames = benchmark.task.classNames
    return try rows.enumerated().map { number, row in
      let kept = try KeptAdversarial(result, batch, row: row, places[row], attack, ball)
      let name = "\(TaskModels.partFile(task))-\(number + 1)"
      let pair = try files.write(
        kept, original: name + "-clean.png", adversarial: name + "-adversarial.png", network: batch.network)
      return GalleryItem(
        task: benchmark.task.name, trueClass: classNames[kept.label], original: relativeTo + "/" + pair.original,
        adversarial: relativeTo + "/" + pair.adversarial, norm: ball.norm, epsilon: ball.epsilon, attack: attack,
        predictedClean: classNames[kept.cleanPrediction], predictedAdversarial: classNames[pair.prediction],
        onGrid: pair.fools)
    }
  }
}
