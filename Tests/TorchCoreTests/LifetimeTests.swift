import RandomStreams
import Testing
import TorchCore

/// What goes out of scope is freed: memory stays bounded over many tensors.
@TorchActor
@Suite struct LifetimeTests {
  /// Far below what any of these tests would leak, far above what the others need meanwhile.
  private let allowance = 400 << 20

  @Test func tensorsAreFreed() throws {
    let before = peakResidentBytes()
    // 10,000 times 256 KB.
    for _ in 0..<10_000 { _ = try Tensor.ones([64, 1024]) }
    #expect(peakResidentBytes() - before < allowance)
  }

  @Test func graphsAreFreed() throws {
    let before = peakResidentBytes()
    let weight = try Tensor.ones([256, 256]).asLeaf()
    for _ in 0..<1_000 {
      let loss = try weight.relu().tanh().squared().sum()
      _ = try gradients(of: loss, withRespectTo: [weight])
    }
    #expect(peakResidentBytes() - before < allowance)
  }

  @Test func whatAFailedCallLeavesIsFreed() throws {
    let before = peakResidentBytes()
    for _ in 0..<5_000 {
      let a = try Tensor.ones([64, 1024])
      #expect(throws: TorchError.self) { try a.matmul(a) }
    }
    #expect(peakResidentBytes() - before < allowance)
  }

  /// A copy keeps the storage alive after the original is gone.
  @Test func copiesShareOwnership() throws {
    var tensors: [Tensor] = []
    for index in 0..<100 {
      let original = try Tensor.full(Double(index), [1000])
      tensors.append(try original.reshaped([10, 100]).narrowed(0, from: 3, count: 1))
    }
    for (index, view) in tensors.enumerated() { #expect(try view.max().item() == Double(index)) }
  }
}
