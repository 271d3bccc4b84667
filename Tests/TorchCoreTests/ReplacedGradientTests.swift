import RandomStreams
import Testing
import TorchCore

/// `replacingGradient`: what arrives, what goes on, what errors become, and what is freed.
@TorchActor
@Suite struct ReplacedGradientTests {
  private final class Token {}

  @Test func theReplacementGoesOn() throws {
    let x = try Tensor([1.0, 2, 3], [3]).asLeaf()
    let y = try x.squared()
    var arrived: [Double] = []
    try y.replacingGradient {
      arrived = try $0.doubles()
      return try Tensor([1.0, 0, -1], [3])
    }
    let slope = try gradients(of: (y * 5).sum(), withRespectTo: [x])[0]
    #expect(arrived == [5, 5, 5])
    #expect(try slope?.doubles() == [2, 0, -6])
  }

  /// Gradients from several uses are summed before they arrive.
  @Test func theSumOfAllUsesArrivesOnce() throws {
    let x = try Tensor([2.0], []).asLeaf()
    let y = try x * 1
    var arrived: [Double] = []
    try y.replacingGradient {
      arrived.append(try $0.item())
      return $0
    }
    let slope = try gradients(of: y * 3 + y.squared(), withRespectTo: [x])[0]
    #expect(arrived == [7])
    #expect(try slope?.item() == 7)
  }

  @Test func theBodyMayDifferentiateAnotherGraph() throws {
    let x = try Tensor([2.0, -1], [2]).asLeaf()
    let z = try Tensor([0.3, 0.7], [2]).asLeaf()
    let inner = try z.tanh()
    let y = try x * 1
    try y.replacingGradient { g in
      let first = try gradients(of: inner, seed: g, withRespectTo: [z], retainingGraph: true)[0]
      let second = try gradients(of: inner, seed: g, withRespectTo: [z], retainingGraph: true)[0]
      return try #require(first) + #require(second)
    }
    let slope = try #require(try gradients(of: y.sum(), withRespectTo: [x])[0])
    try #expect(distance(slope, (1 - z.tanh().squared()) * 2) < 1e-15)
  }

  @Test func theBodySeesWhetherThePassIsRecorded() throws {
    let x = try Tensor([2.0], []).asLeaf()
    var recorded: [Bool] = []
    for recording in [false, true] {
      let y = try x * 1
      try y.replacingGradient {
        recorded.append(Torch.recordsGradients)
        return $0
      }
      _ = try gradients(of: y.squared(), withRespectTo: [x], recordingGraph: recording)
    }
    #expect(recorded == [false, true])
    #expect(Torch.recordsGradients)
    #expect(withoutGradients { Torch.recordsGradients } == false)
  }

  private struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  @Test func whatTheBodyThrowsEndsThePass() throws {
    let x = try Tensor([2.0], []).asLeaf()
    let y = try x * 1
    try y.replacingGradient { _ in throw Refusal(description: "no gradient for you: Größe 3") }
    do {
      _ = try gradients(of: y * 2, withRespectTo: [x])
      Issue.record("the error was lost")
    } catch let error as TorchError {
      #expect(error.message.contains("no gradient for you: Größe 3"))
    }
    let long = try x * 1
    try long.replacingGradient { _ in throw Refusal(description: String(repeating: "ü", count: 5000)) }
    #expect(throws: TorchError.self) { try gradients(of: long * 2, withRespectTo: [x]) }
    #expect(try gradients(of: x * 2, withRespectTo: [x])[0]?.item() == 2, "the next pass works")
  }

  @Test func anotherShapeIsRefused() throws {
    let x = try Tensor([1.0, 2, 3], [3]).asLeaf()
    let y = try x * 1
    try y.replacingGradient { _ in try Tensor.ones([2], dtype: .float64) }
    #expect(throws: TorchError.self) { try gradients(of: y.sum(), withRespectTo: [x]) }
  }

  @Test func theClosureGoesWithItsTensor() throws {
    weak var kept: Token?
    weak var refused: Token?
    do {
      let (token, other) = (Token(), Token())
      (kept, refused) = (token, other)
      let x = try Tensor([1.0], []).asLeaf()
      let y = try x * 2
      try y.replacingGradient { [token] in
        _ = token
        return $0
      }
      let constant = try Tensor([1.0], [])
      #expect(throws: TorchError.self) {
        try constant.replacingGradient { [other] in
          _ = other
          return $0
        }
      }
      #expect(kept != nil)
      _ = try gradients(of: y.squared(), withRespectTo: [x])
    }
    #expect(kept == nil)
    #expect(refused == nil)
  }
}
