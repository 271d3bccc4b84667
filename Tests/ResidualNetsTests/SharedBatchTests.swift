import Distributed
import RandomStreams
import Testing
import ThreadRanks
import TorchCore

@testable import ResidualNets

/// Batch norms over a batch of which every rank has a share, beside libtorch's over the whole batch.
@TorchActor @Suite struct SharedBatchTests {
  private struct Ranks: BatchSharing {
    let ranks: Communicator
    let isEmpty = false

    func sum(_ values: inout [Double]) throws { try ranks.sum(&values) }
  }

  /// What a norm makes of a batch, the gradients of Σ y·seed, and the statistics that it keeps.
  private struct Outcome: Sendable {
    var output: [Double]
    var input: [Double]
    /// Of scale and shift.
    var parameters: [Double]
    var running: [Double]
  }

  private nonisolated static func outcome(
    _ x: Tensor, _ seed: Tensor, activating: Bool, _ sharing: (any BatchSharing)?
  ) throws -> Outcome {
    let channels = x.size(1)
    let norm = try BatchNorm2d(site: "norm", channels: channels)
    let stream = RandomStream(seed: 5)
    try norm.weight.value.assign(Tensor.uniform([channels], stream.stream("scale")) - 0.3)
    try norm.bias.value.assign(Tensor.uniform([channels], stream.stream("shift")) - 0.5)
    if try x.dtype != .bfloat16 { try norm.mapTensors { try $0.to(x.dtype) } }
    let x = try x.asLeaf()
    // A second use of the input, whose gradient is none of the norm's business.
    let y = try activating ? norm.activated(x, .training, sharing) : norm.forward(x, .training, sharing)
    let value = try (y * seed).sum() + x.squared().sum() * 0.1
    let found = try gradients(of: value, withRespectTo: [x, norm.weight.value, norm.bias.value])
    return Outcome(
      output: try y.detached().doubles(), input: try found[0]?.doubles() ?? [],
      parameters: try found[1...].flatMap { try $0?.doubles() ?? [] },
      running: try norm.runningMean.value.doubles() + norm.runningVariance.value.doubles())
  }

  private nonisolated static func batch(_ shape: [Int], _ dtype: DType) throws -> (x: Tensor, seed: Tensor) {
    let stream = RandomStream(seed: 9)
    // Means that are large beside the deviations, and differ from sample to sample.
    let x = try Tensor.normal(shape, stream.stream("x"), dtype: .float64) + 4
    let seed = try Tensor.normal(shape, stream.stream("seed"), dtype: .float64)
    return (try x.to(dtype).channelsLastWhereImages(), try seed.to(dtype).channelsLastWhereImages())
  }

  /// Shares of different sizes: outputs, every gradient and the running statistics are those of the whole batch.
  @Test(arguments: [[7, 3, 5, 5], [7, 3]], [(DType.float64, 1e-12), (.float32, 2e-6), (.bfloat16, 0.02)])
  func sharesAreTheWholeBatch(shape: [Int], precision: (dtype: DType, tolerance: Double)) throws {
    let dtype = precision.dtype
    for activating in [false, true] {
      let (x, seed) = try Self.batch(shape, dtype)
      let whole = try Self.outcome(x, seed, activating: activating, nil)
      let shares = [0..<4, 4..<5, 5..<7]
      let outcomes = try ThreadTransport.run(3) { ranks in
        let (x, seed) = try Self.batch(shape, dtype)
        let rows = shares[ranks.rank]
        return try Self.outcome(
          x.narrowed(0, from: rows.lowerBound, count: rows.count),
          seed.narrowed(0, from: rows.lowerBound, count: rows.count), activating: activating, Ranks(ranks: ranks))
      }.map { try $0.get() }
      func expectClose(_ found: [Double], _ expected: [Double], _ what: String) {
        let largest = expected.map(abs).max() ?? 0
        let distance = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(found.count == expected.count && distance <= precision.tolerance * largest, "\(what): \(distance)")
      }
      expectClose(outcomes.flatMap(\.output), whole.output, "output")
      expectClose(outcomes.flatMap(\.input), whole.input, "gradient of the input")
      let sums = outcomes.dropFirst().reduce(outcomes[0].parameters) { zip($0, $1.parameters).map(+) }
      expectClose(sums, whole.parameters, "gradient of scale and shift")
      for outcome in outcomes {
        expectClose(outcome.running, whole.running, "running statistics")
        #expect(outcome.running == outcomes[0].running)
      }
    }
  }

  /// A share may be one value of a channel, which alone would have no variance; the whole batch may not.
  @Test func theWholeBatchNeedsAVariance() throws {
    func run(_ size: Int) -> [Result<[Double], any Error>] {
      ThreadTransport.run(size) { ranks in
        let norm = try BatchNorm2d(site: "norm", channels: 2)
        let x = try Tensor([Float(ranks.rank), Float(1)], [1, 2])
        return try norm.forward(x, .training, Ranks(ranks: ranks)).doubles()
      }
    }
    let outputs = try run(2).map { try $0.get() }
    // 0 and 1 lie one deviation, ½, from their mean.
    #expect(zip(outputs.joined(), [-1, 0, 1, 0]).allSatisfy { abs($0 - $1) < 1e-4 })
    for outcome in run(1) { #expect(throws: DescriptionError.self) { try outcome.get() } }
  }

  /// In evaluation, and where a norm is frozen, nobody is asked.
  @Test func onlyLearningAsksTheOthers() throws {
    struct Unasked: BatchSharing {
      let isEmpty = false
      func sum(_ values: inout [Double]) throws { Issue.record("asked for a sum") }
    }
    let norm = try BatchNorm2d(site: "norm", channels: 2)
    let x = try Tensor.normal([3, 2, 2, 2], RandomStream(seed: 1))
    _ = try norm.forward(x, .evaluation, Unasked())
    _ = try norm.forward(x, .settled, Unasked())
    try norm.freeze()
    _ = try norm.forward(x, .training, Unasked())
  }
}

extension Tensor {
  fileprivate func channelsLastWhereImages() throws -> Tensor { try shape.count == 4 ? channelsLast() : self }
}
