import TorchCore

/// How far answers have moved from old ones, as soft labels: T² KL(softmax(z*/T) ‖ softmax(z/T)), the mean over
/// samples.
///
/// Beside the cross-entropy with soft labels, which Hinton, Vinyals and Dean 2015 and Li and Hoiem 2016 write, it lacks
/// the old answers' own entropy: a constant, so the gradient is the same, and it is 0 where nothing has moved. T² is
/// Hinton's: it keeps the gradient's size when T changes. Li and Hoiem have none, and van de Ven's code leaves it out
/// by default.
/// - Parameters:
///   - logits: z, N×K.
///   - old: z*, N×K, constants.
func distillationLoss(of logits: Tensor, towards old: Tensor, temperature: Double) throws -> Tensor {
  try (old / temperature).klDivergence(to: logits / temperature) * (temperature * temperature)
}
