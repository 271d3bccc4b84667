import ResidualNets
import TorchCore

/// How well a classifier does on some samples.
struct Performance: Sendable, Hashable {
  /// The share of samples whose largest logit is their class.
  var accuracy: Double
  /// Mean cross-entropy.
  var meanLoss: Double
}

/// Samples that go through a network at once in evaluation.
private let evaluationBatch = 500

/// Evaluates a function from samples to logits N×K, in batches and without recording gradients.
@TorchActor
func performance(on data: LabelledTensors, logits: (Tensor) throws -> Tensor) throws -> Performance {
  guard data.count > 0 else { throw StudyError.unusable("there are no samples to evaluate on") }
  var (correct, loss) = (0.0, 0.0)
  try withoutGradients {
    for batch in try data.batches(of: evaluationBatch) {
      let logits = try logits(batch.pixels)
      correct += try logits.argmax(1).equal(batch.targets).to(.float64).sum().item()
      loss += try logits.crossEntropy(batch.targets, perSample: true).to(.float64).sum().item()
    }
  }
  return Performance(accuracy: correct / Double(data.count), meanLoss: loss / Double(data.count))
}

/// - Parameter mode: in training mode norms use each batch's own statistics; their running ones are put back afterwards.
@TorchActor
func performance(
  of network: TaskNetwork, on data: LabelledTensors, mode: Mode = .evaluation
) throws -> Performance {
  try network.keepingStatistics { try performance(on: data) { try network.logits($0, mode) } }
}

@TorchActor
func accuracy(of network: TaskNetwork, on data: LabelledTensors) throws -> Double {
  try performance(of: network, on: data).accuracy
}

@TorchActor
func accuracy(on data: LabelledTensors, logits: (Tensor) throws -> Tensor) throws -> Double {
  try performance(on: data, logits: logits).accuracy
}

@TorchActor
func meanLoss(of network: TaskNetwork, on data: LabelledTensors, mode: Mode = .evaluation) throws -> Double {
  try performance(of: network, on: data, mode: mode).meanLoss
}

@TorchActor
func meanLoss(on data: LabelledTensors, logits: (Tensor) throws -> Tensor) throws -> Double {
  try performance(on: data, logits: logits).meanLoss
}
