import ResidualNets
import TorchCore

/// The heads that take part in a lesson, and the numbers of their outputs.
enum Heads {
  /// A head for each task; the outputs of each are numbered from `first` on.
  case own([(head: Linear, first: Int)])
  /// One head, of whose outputs the first `active` take part.
  case common(Linear, active: Int)

  /// The weights K×F that made a group's logits, in evaluation.
  func weight(of group: Answers.Group) throws -> Tensor {
    switch self {
    case .common(let head, let active): try head.effectiveWeight(.evaluation).narrowed(0, from: 0, count: active)
    case .own(let heads):
      if let head = heads.first(where: { $0.first == group.first })?.head {
        try head.effectiveWeight(.evaluation)
      } else {
        throw RunError.unusable(reason: "no head has output \(group.first)")
      }
    }
  }

  /// Logits of features N×F, each sample's by the head that has its output.
  /// - Parameter outputs: for each sample the number of the right output.
  /// - Throws: `TorchError`.
  func read(_ features: Tensor, _ outputs: [Int], _ mode: Mode) throws -> Answers {
    switch self {
    case .common(let head, let active):
      let logits = try head.forward(features, mode)
      let taking = active == logits.size(1) ? logits : try logits.narrowed(1, from: 0, count: active)
      return Answers(groups: [.init(rows: nil, logits: taking, first: 0)], features: features, outputs: outputs)
    case .own(let heads):
      let groups = try heads.compactMap { head, first -> Answers.Group? in
        let range = first..<first + head.bias.value.count
        let rows = outputs.indices.filter { range.contains(outputs[$0]) }
        guard !rows.isEmpty else { return nil }
        let isAll = rows.count == outputs.count
        let own = isAll ? features : try features.selecting(0, Tensor(indices: rows).to(features.device))
        return .init(rows: isAll ? nil : rows, logits: try head.forward(own, mode), first: first)
      }
      return Answers(groups: groups, features: features, outputs: outputs)
    }
  }
}
