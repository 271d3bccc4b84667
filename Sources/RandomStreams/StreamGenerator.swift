/// A random number generator that reads a ``RandomStream`` counter by counter.
public struct StreamGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
  /// The stream that is read.
  public let stream: RandomStream
  /// The counter of the next draw.
  public private(set) var counter: UInt64

  /// Starts to read `stream` at `counter`.
  public init(stream: RandomStream, counter: UInt64 = 0) {
    self.stream = stream
    self.counter = counter
  }

  /// The bits at the present counter; moves to the next one.
  public mutating func next() -> UInt64 {
    defer { counter &+= 1 }
    return stream.bits(at: counter)
  }
}
