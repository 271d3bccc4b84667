import ResidualNets
import Robustness
import TorchCore

/// The task-agnostic readout as one network over all classes, so that it can be attacked itself:
///
///   z_{t,k}(x) = s_t(x)/τ − max_u s_u(x)/τ + h_{t,k}(x) − max_j h_{t,j}(x),
///
/// s the scores of the tasks, τ their temperature and h the logits of task t's head. softmax(s/τ) is p(task | x), so a
/// sum of logarithms of what speaks for the task and, relative to the head's own first choice, for the class. The
/// head's best class adds nothing, hence the largest z is the best class of the best task: exactly what the readout
/// answers. With the largest logit as the score (τ = 1), as of a common head, z is the logits of all heads themselves,
/// shifted. A class that several tasks have has the largest of its z.
struct JointReadout: Classifier {
  let readout: TaskAgnosticReadout
  let scoring: any TaskScoring
  /// The class of the stream that each output stands for, ascending.
  let classes: [Int]
  /// For each output where its class stands among the heads' outputs, one after another.
  private let columns: [[Int]]

  /// - Parameter readout: of at least one task.
  init(_ readout: TaskAgnosticReadout, _ scoring: any TaskScoring) {
    self.readout = readout
    self.scoring = scoring
    let all = readout.classes.flatMap(\.self)
    classes = Set(all).sorted()
    columns = classes.map { known in all.indices.filter { all[$0] == known } }
  }

  var inputShape: [Int] { readout.networks.inputShape }
  var classCount: Int { classes.count }
  var device: Device { readout.networks.device }

  /// The output that stands for a class of the stream.
  /// - Throws: `RunError.unusable` for a class that no task seen has.
  func output(of class: Int) throws -> Int {
    guard let output = classes.firstIndex(of: `class`) else {
      throw RunError.unusable(reason: "class \(`class`) of the stream is of no task that the readout knows")
    }
    return output
  }

  func logits(_ pixels: Tensor) throws -> Tensor {
    // In double precision up to the end, as the readout itself: sums of terms ≤ 0 keep their order when rounded once.
    let heads = try (0..<readout.networks.count).map { try readout.networks[$0].logits(pixels).to(.float64) }
    let scores = try scoring.scores(pixels, heads) / scoring.temperature
    let behind = try scores - scores.max([1], keepingDimensions: true)
    let joint = try Tensor.concatenated(
      heads.enumerated().map { task, h in
        try behind.narrowed(1, from: task, count: 1) + (h - h.max([1], keepingDimensions: true))
      }, 1)
    return try merged(joint).to(.float32)
  }

  /// One column a class.
  private func merged(_ joint: Tensor) throws -> Tensor {
    func selecting(_ columns: [Int]) throws -> Tensor {
      try joint.selecting(1, Tensor(indices: columns).to(joint.device))
    }
    guard columns.contains(where: { $0.count > 1 }) else { return try selecting(columns.flatMap(\.self)) }
    return try Tensor.concatenated(columns.map { try selecting($0).max([1], keepingDimensions: true) }, 1)
  }
}
