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

  /// Training where it is another function: with the batch's own statistics, or branches left out. (Power iteration
  /// moves with every pass in training; there the gradient is that of the vector as it stands.)
  nonisolated static let modes: [(NetworkCase, Mode)] = cases.flatMap { subject -> [(NetworkCase, Mode)] in
    let isSame = subject.description.norm != .batch && subject.description.survival == 1
    return [(subject, .evaluation)] + (isSame || subject.description.branchBudget != nil ? [] : [(subject, .training)])
  }

  /// Along random directions of a few tensors at a time, so that each of them counts.
  @Test(arguments: modes) func equalFiniteDifferences(subject: NetworkCase, mode: Mode) throws {
    let stream = RandomStream(seed: 7)
    let network = try subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    // Large scales, through dozens of layers, curve the loss beyond any step; and a max pool over a channel that a zero
    // scale made constant has ties in place of a gradient.
    for parameter in network.allParameters.values where subject.poolsBehindStem && parameter.value.rank == 1 {
      try parameter.value.assign(parameter.value.abs() * 0.3 + 0.3)
    }
    let pixels = try subject.pixels(4, stream).asLeaf()
    let labels = try Tensor(indices: [0, 1, 2, 1])
    func loss() throws -> Tensor {
      try (mode == .training ? network.trainingLogits(pixels) : network.logits(pixels, mode)).crossEntropy(labels)
    }

    let learned = network.allParameters.filter { !$0.value.isFrozen }
    let tensors = [("pixels", pixels)] + learned.map { ($0.key, $0.value.value) }
    let slopes = try gradients(of: loss(), withRespectTo: tensors.map(\.1))
    // The search for a root is no more exact than 1e-11.
    let isImplicit = subject.description.block == .backwardEuler
    let tolerance = isImplicit ? 2e-4 : subject.poolsBehindStem ? 2e-5 : 2e-6
    // A kink between two points is left behind by closer ones; a gradient that is wrong is wrong at every step.
    let steps = isImplicit ? [1e-5] : [1e-6, 1e-7, 1e-8]
    for start in stride(from: 0, to: tensors.count, by: 6) {
      let group = start..<min(start + 6, tensors.count)
      let bases = try group.map { try tensors[$0].1.detached().clone() }
      let directions = try group.map { index in
        let direction = try Tensor.normal(tensors[index].1.shape, stream.stream(index), dtype: .float64)
        return try direction / direction.norm()
      }
      func value(_ shift: Double) throws -> Double {
        for (index, (base, direction)) in zip(group, zip(bases, directions)) {
          try tensors[index].1.assign(base + direction * shift)
        }
        return try withoutGradients { try loss().item() }
      }
      let analytic = try zip(group, directions).reduce(0.0) { sum, pair in
        try sum + (slopes[pair.0].map { try ($0 * pair.1).sum().item() } ?? 0)
      }
      var differences: [Double] = []
      let agrees = try steps.contains { step in
        let numeric = try (value(step) - value(-step)) / (2 * step)
        differences.append(numeric)
        return abs(numeric - analytic) <= tolerance * max(1e-2, abs(numeric))
      }
      _ = try value(0)
      #expect(agrees, "\(group.map { tensors[$0].0 }): \(analytic), not \(differences)")
    }
    // Under an adapter the trunk's norms (and biases) are replaced, and do not matter.
    let dependencies = try slopes.filter { try ($0?.abs().max().item() ?? 0) > 1e-12 }.count
    if !subject.withAdapter, subject.description.survival == 1 { #expect(dependencies > tensors.count * 9 / 10) }
  }

  /// Two passes before one backward pass, as adversarial training and distillation have it.
  @Test(arguments: cases) func twoPassesInTrainingThenOneGradient(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 9)
    let network = try subject.makeRandom(stream)
    let labels = try Tensor(indices: [0, 1, 2, 1])
    let first = try network.trainingLogits(subject.pixels(4, stream.stream(1), dtype: .float32)).crossEntropy(labels)
    let second = try network.trainingLogits(subject.pixels(4, stream.stream(2), dtype: .float32)).crossEntropy(labels)
    let values = network.allParameters.values.filter { !$0.isFrozen }.map(\.value)
    #expect(try gradients(of: first + second, withRespectTo: values).contains { $0 != nil })
  }

  /// A training pass without a graph, as when statistics are estimated again.
  @Test(arguments: cases) func trainingPassWithoutGradients(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 10)
    let network = try subject.makeRandom(stream)
    let logits = try withoutGradients { try network.trainingLogits(subject.pixels(4, stream, dtype: .float32)) }
    #expect(logits.shape == [4, 3] && !logits.requiresGradient)
  }
}

extension NetworkCase {
  /// torchvision's networks.
  fileprivate var poolsBehindStem: Bool { ![.resnet, .mlp].contains(description.architecture) }
}
