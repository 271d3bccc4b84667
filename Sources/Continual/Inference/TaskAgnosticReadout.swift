import ResidualNets
import Robustness
import TensorFiles
import TorchCore

/// The task-agnostic readout: nobody says which task an image is of, so the task is inferred and its network answers.
struct TaskAgnosticReadout {
  /// One per task seen.
  let networks: DeployedNetworks
  /// For each network the class of the stream that each of its outputs stands for.
  let classes: [[Int]]
  /// How the task is inferred; nil where outputs mean the same in every task, so that nobody has to know it.
  let scoring: (any TaskScoring)?
  /// Whether answers say anything of the task; not where tasks have outputs in common.
  let tellsTasksApart: Bool

  struct Outcomes {
    /// Per image whether its class is right, whichever task's network said so.
    var correct: [Bool] = []
    /// Per image whether its task is; nil where none is inferred.
    var inferred: [Bool]?
  }

  /// What becomes of the test images of one task.
  func outcomes(on benchmark: TaskBenchmark, task: Int, batchSize: Int) throws -> Outcomes {
    try withoutGradients {
      guard let scoring else { return try ownOutcomes(on: benchmark, task: task, batchSize: batchSize) }
      var (correct, inferred): ([Bool], [Bool]) = ([], [])
      for places in (0..<benchmark.count).batches(of: batchSize) {
        let answers = try answers(benchmark.pixels(places), scoring)
        inferred += answers.map { $0.task == task }
        correct += zip(answers, places).map { $0.class == classes[task][benchmark.targets[$1]] }
      }
      return Outcomes(correct: correct, inferred: tellsTasksApart ? inferred : nil)
    }
  }

  /// What an image is taken for.
  struct Answer {
    let task: Int
    /// Of the stream; nil where a score is not finite, or a logit of a network that was asked.
    let `class`: Int?
  }

  /// The task of the largest score, and the class of its network's largest logit; the earliest of equals, so that the
  /// readout is defined.
  /// - Parameter pixels: N×C×H×W in [0, 1].
  func answers(_ pixels: Tensor, _ scoring: any TaskScoring) throws -> [Answer] {
    try withoutGradients {
      guard scoring.readsLogits else { return try answers(pixels, scores: scoring.scores(pixels, [])) }
      let logits = try (0..<networks.count).map { try networks[$0].logits(pixels).to(.float64) }
      let predictions = try logits.map { try $0.argmax(1).integers() }
      let scores = try scoring.scores(pixels, logits)
      let isDefined = try Tensor.concatenated([scores] + logits, 1).abs().max([1]).isFinite().booleans()
      return try scores.argmax(1).integers().enumerated().map { row, task in
        Answer(task: task, class: isDefined[row] ? classes[task][predictions[task][row]] : nil)
      }
    }
  }

  /// The same where scores N×T say it alone. A network that is asked about one image is asked about all of them, so that
  /// the bits of its answers do not depend on the others'.
  private func answers(_ pixels: Tensor, scores: Tensor) throws -> [Answer] {
    let tasks = try scores.argmax(1).integers()
    let isScored = try scores.abs().max([1]).isFinite().booleans()
    var answers = tasks.map { Answer(task: $0, class: nil) }
    for task in Set(tasks).sorted() {
      let logits = try networks[task].logits(pixels)
      let predictions = try logits.argmax(1).integers()
      let isDefined = try logits.abs().max([1]).isFinite().booleans()
      for row in tasks.indices where tasks[row] == task && isScored[row] && isDefined[row] {
        answers[row] = Answer(task: task, class: classes[task][predictions[row]])
      }
    }
    return answers
  }

  private func ownOutcomes(on benchmark: TaskBenchmark, task: Int, batchSize: Int) throws -> Outcomes {
    let correct = try (0..<benchmark.count).batches(of: batchSize).flatMap { places in
      try Judgement(networks[task], benchmark.pixels(places), labels: Array(benchmark.targets[places])).correct
    }
    return Outcomes(correct: correct, inferred: nil)
  }
}
