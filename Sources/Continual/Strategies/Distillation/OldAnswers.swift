import ResidualNets
import TorchCore

/// The outputs that earlier tasks have: what they answer now, and what they answered when the lesson began.
struct OldAnswers {
  /// The network that learns, with the heads that have old outputs.
  private let present: HeadedTrunk
  /// The same as it was when the lesson began; frozen.
  let former: HeadedTrunk
  /// How many outputs of the common head are old; nil where tasks have heads of their own, which are old throughout.
  private let count: Int?

  /// - Parameter task: the one that is about to be learned, and has its head already.
  init(before task: Int, _ models: TaskModels) throws {
    if let head = models.commonHead {
      present = HeadedTrunk(models.trunk, [head])
      count = models.layout.seen(task - 1)
    } else {
      present = HeadedTrunk(models.trunk, try (0..<task).map { try models.parts[$0].head })
      count = nil
    }
    former = try present.frozenTwin()
  }

  /// Takes the network as it is now for what is to be remembered.
  func remember() throws { try former.load(present.state()) }

  /// Logits, one tensor for each head with old outputs, of the network that learns.
  /// - Parameter answers: of the lesson's own heads. A common head is not asked twice.
  func now(_ answers: Answers) throws -> [Tensor] {
    if let count { return try answers.groups.map { try $0.logits.narrowed(1, from: 0, count: count) } }
    return try present.heads.map { try $0.forward(answers.features, .training) }
  }

  /// The same of the network as it was, constants.
  func before(_ inputs: Tensor) throws -> [Tensor] {
    try former.answers(inputs).map { try $0.narrowed(1, from: 0, count: count ?? $0.size(1)) }
  }
}
