import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

/// Trains a classifier by cross-entropy.
///
/// - Parameters:
///   - stream: shuffles each epoch.
///   - parameters: what moves; nil is everything that is not frozen.
///   - observe: called after every step.
/// - Returns: the losses. A loss that is not finite ends training and is recorded, not thrown: that a network diverges
///   may be the claim. Where it is not, ``TrainingCurve/requireEnd(of:)``.
@TorchActor
func train(
  _ network: TaskNetwork, on data: LabelledTensors, plan: TrainingPlan, stream: RandomStream,
  parameters: OrderedDictionary<String, Parameter>? = nil, observe: (TrainingStep) throws -> Void = { _ in }
) throws -> TrainingCurve {
  let draws = stream.stream("branches")
  var step = 0
  return try train(
    parameters ?? network.trainableParameters, on: data, plan: plan, stream: stream,
    loss: { batch, _ in
      defer { step += 1 }
      return try network.logits(batch.pixels, .training, draws: draws.stream(step)).crossEntropy(batch.targets)
    }, observe: observe)
}

/// Trains whatever has parameters, by any loss.
///
/// - Parameter loss: the scalar loss of a batch; `places` say which of the samples they are, for targets that are not
///   classes.
@TorchActor
func train(
  _ parameters: OrderedDictionary<String, Parameter>, on data: LabelledTensors, plan: TrainingPlan,
  stream: RandomStream, loss: (_ batch: LabelledTensors, _ places: [Int]) throws -> Tensor,
  observe: (TrainingStep) throws -> Void = { _ in }
) throws -> TrainingCurve {
  guard data.count > 0, plan.batchSize >= 1 else {
    throw StudyError.unusable("training needs samples and batches of at least one")
  }
  let trainable = parameters.filter { !$0.value.isFrozen }
  let optimizer = try plan.optimizer.makeOptimizer(for: trainable)
  let values = trainable.values.map(\.value)
  let batches = plan.batchesPerEpoch(data.count)
  let total = plan.totalSteps(data.count)
  var curve = TrainingCurve()
  var epochSum = 0.0
  var order: [Int] = []

  for step in 0..<max(total, 0) {
    let (epoch, batch) = step.quotientAndRemainder(dividingBy: batches)
    if batch == 0 { order = stream.stream("order").stream(epoch).permutation(data.count) }
    let places = Array(order[batch * data.count / batches..<(batch + 1) * data.count / batches])
    let loss = try loss(data.selecting(places), places)
    let value = try loss.item()
    curve.losses.append(value)
    guard value.isFinite else {
      curve.diverged = true
      break
    }
    let slopes = try zip(gradients(of: loss, withRespectTo: values), values).map { try $0 ?? $1.zerosLike() }
    let rate = plan.optimizer.learningRate * plan.schedule.factor(step: step, total: total)
    try optimizer.step(gradients: slopes, rate: rate)

    epochSum += value
    let isEnd = batch == batches - 1
    if isEnd || step == total - 1 {
      curve.epochLosses.append(epochSum / Double(batch + 1))
      epochSum = 0
    }
    try observe(
      TrainingStep(
        number: step + 1, total: total, epoch: epoch + 1, isEndOfEpoch: isEnd, loss: value, gradients: slopes))
  }
  return curve
}

extension TaskNetwork {
  /// What is not frozen in trunk, adapter and head, by path.
  var trainableParameters: OrderedDictionary<String, Parameter> {
    ResidualNets.trainableParameters(
      of: [("trunk", trunk)] + (adapter.map { [("adapter", $0)] } ?? []) + [("head", head)])
  }
}
