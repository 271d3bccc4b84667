import OrderedCollections
import ResidualNets
import Results
import TensorFiles

/// A strategy whose memory is a uniform sample of the images offered to it, and all that it keeps.
protocol ReservoirStrategy: WholeNetworkStrategy {
  var memory: ReplayBuffer { get set }
}

extension ReservoirStrategy {
  var trainsEarlierHeads: Bool { true }

  func state() throws -> OrderedDictionary<String, HostTensor> { try memory.state() }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    var (state, memory) = (state, memory)
    try memory.take(from: &state)
    try state.requireNothingLeft()
    self.memory = memory
  }

  func memory(imageBytes: Int) -> MemoryRecord? {
    MemoryRecord(images: memory.places.count, bytes: memory.places.count * imageBytes)
  }
}
