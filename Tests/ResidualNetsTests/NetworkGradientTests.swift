import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Gradients of whole networks against central differences along random directions, in double precision.
@TorchActor
@Suite struct NetworkGradientTests {
  /// Without adapters that have a budget: in evaluation its factor is constant, in training it moves.
  nonisolated static let cases = NetworkCase.all.filter {
    $0.description.readout == .pooled && $0.adapter?.budget == nil
      && !($0.adapter?.kind == .side && $0.description.branchBudget != nil)
  }

  @Test(arguments: cases, [Mode.evaluation, .training]) func equalFiniteDifferences(subject: NetworkCase, mode: Mode)
    throws
  {
    let stream = RandomStream(seed: 7)
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    // Power iteration moves with every pass in training; the gradient is that of the vector as it stands.
    if mode == .training && subject.description.branchBudget != nil { return }
    let pixels = try subject.pixels(4, stream).asLeaf()
    let labels = try Tensor(indices: [0, 1, 2, 1])
    func loss() throws -> Tensor { try network.logits(pixels, mode).crossEntropy(labels) }

    let parameters = network.allParameters
    let tensors = [("pixels", pixels)] + parameters.map { ($0.key, $0.value.value) }
    let slopes = try gradients(of: loss(), withRespectTo: tensors.map(\.1))
    var dependencies = 0
    for ((path, tensor), slope) in zip(tensors, slopes) {
      let direction = try Tensor.normal(tensor.shape, stream.stream(path), dtype: .float64)
      let unit = try direction / direction.norm()
      let analytic = try slope.map { try ($0 * unit).sum().item() } ?? 0
      let base = try tensor.detached().clone()
      let step = 1e-6
      func value(_ shift: Double) throws -> Double {
        try tensor.assign(base + unit * shift)
        defer { _ = try? tensor.assign(base) }
        return try withoutGradients { try loss().item() }
      }
      let numeric = try (value(step) - value(-step)) / (2 * step)
      #expect(
        abs(numeric - analytic) <= 2e-6 * max(1e-2, abs(numeric)), "\(path): \(analytic), not \(numeric)")
      if abs(numeric) > 1e-9 { dependencies += 1 }
    }
    // Under an adapter the trunk's norms (and biases) are replaced, and do not matter.
    if !subject.withAdapter { #expect(dependencies > tensors.count * 9 / 10) }
  }

  /// Two passes before one backward pass, as adversarial training and distillation have it.
  @Test(arguments: cases) func twoPassesInTrainingThenOneGradient(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 9)
    let network = try subject.makeRandom(stream)
    let labels = try Tensor(indices: [0, 1, 2, 1])
    let first = try network.logits(subject.pixels(4, stream.stream(1), dtype: .float32), .training).crossEntropy(labels)
    let second = try network.logits(subject.pixels(4, stream.stream(2), dtype: .float32), .training).crossEntropy(
      labels)
    let values = network.allParameters.values.map(\.value)
    #expect(try gradients(of: first + second, withRespectTo: values).contains { $0 != nil })
  }

  /// A training pass without a graph, as when statistics are estimated again.
  @Test(arguments: cases) func trainingPassWithoutGradients(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 10)
    let network = try subject.makeRandom(stream)
    let logits = try withoutGradients { try network.logits(subject.pixels(4, stream, dtype: .float32), .training) }
    #expect(logits.shape == [4, 3] && !logits.requiresGradient)
  }
}
