import OrderedCollections
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

/// Training that stops, is saved and goes on ends in the same bits as training that does not stop.
@TorchActor
@Suite struct ResumeTests {
  private func step(_ network: TaskNetwork, _ optimizer: any Optimizer, _ subject: NetworkCase, _ index: Int) throws {
    let pixels = try subject.pixels(4, RandomStream(seed: 8).stream(index), dtype: .float32)
    let loss = try network.trainingLogits(pixels, step: index).crossEntropy(Tensor(indices: [0, 1, 2, 1]))
    try optimizer.minimize(loss, rate: 0.01)
  }

  private func state(_ network: TaskNetwork) throws -> [OrderedDictionary<String, HostTensor>] {
    try network.parts.map { try $0.1.state() }
  }

  @Test(arguments: NetworkCase.all) func continuesBitForBit(subject: NetworkCase) throws {
    let kind: OptimizerDescription.Kind = subject.withAdapter ? .adam : .sgd
    let recipe = OptimizerDescription(kind: kind, momentum: 0.9, weightDecay: 0.01)
    let whole = try subject.make(RandomStream(seed: 1))
    let optimizer = try recipe.makeOptimizer(for: whole.allParameters)
    for index in 0..<2 { try step(whole, optimizer, subject, index) }

    let resumed = try subject.make(RandomStream(seed: 2))
    for ((_, from), (_, to)) in zip(whole.parts, resumed.parts) { try to.load(from.state()) }
    let second = try recipe.makeOptimizer(for: resumed.allParameters)
    try second.load(optimizer.state())

    for index in 2..<4 {
      try step(whole, optimizer, subject, index)
      try step(resumed, second, subject, index)
    }
    #expect(try state(whole) == state(resumed))
    #expect(try optimizer.state() == second.state())
  }
}
