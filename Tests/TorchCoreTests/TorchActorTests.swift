import Foundation
import Testing
import TorchCore

@Suite struct TorchActorTests {
  @Test func allWorkRunsOnOneThread() async {
    let home = await TorchActor.run { threadIdentity() }
    await withTaskGroup(of: (UInt, UInt).self) { group in
      for _ in 0..<200 {
        group.addTask {
          let first = await TorchActor.run { threadIdentity() }
          await Task.yield()
          return (first, await TorchActor.run { threadIdentity() })
        }
      }
      for await (first, second) in group { #expect(first == home && second == home) }
    }
    #expect(await MainActor.run { threadIdentity() } != home)
  }

  /// As the tests of this folder rely on.
  @TorchActor
  @Test func isolatedTestsRunThere() async {
    let here = threadIdentity()
    #expect(await TorchActor.run { threadIdentity() } == here)
  }

  /// The threads that isolated tests without a suspension have seen.
  @TorchActor private static var seen: Set<UInt> = []

  @TorchActor
  @Test func synchronousTestsRunThere() {
    Self.seen.insert(threadIdentity())
    #expect(Self.seen.count == 1)
  }

  @TorchActor
  @Test(arguments: 0..<10) func testsWithArgumentsRunThere(_: Int) async {
    Self.seen.insert(threadIdentity())
    #expect(Self.seen == [await TorchActor.run { threadIdentity() }])
  }

  @Test func jobsDoNotOverlap() async {
    @TorchActor final class Counter {
      var inside = 0
      var total = 0
      func work() {
        inside += 1
        #expect(inside == 1)
        total += 1
        inside -= 1
      }
    }
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<500 { group.addTask { await counter.work() } }
    }
    #expect(await counter.total == 500)
  }

  /// Torch's thread count belongs to a thread, so it holds from one job to the next only on a thread of its own. Other
  /// tests may set it in between; hence the attempts.
  @Test func theThreadCountHolds() async throws {
    let before = await TorchActor.run { Torch.threads }
    for count in [1, 2] {
      var holds = false
      for _ in 0..<100 where !holds {
        try await TorchActor.run { try Torch.setThreads(count) }
        await Task.yield()
        holds = await TorchActor.run { Torch.threads } == count
      }
      #expect(holds, "\(count) threads")
    }
    try await TorchActor.run { try Torch.setThreads(before) }
  }

  @Test func errorsCrossTheActor() async {
    await #expect(throws: TorchError.self) { try await TorchActor.run { _ = try Tensor.ones([2]).reshaped([3]) } }
  }

  /// A graph as deep as this recursed off an ordinary task's stack.
  @Test func deepGraphsFit() async throws {
    let slope = try await TorchActor.run {
      let x = try Tensor([1.0], []).asLeaf()
      var y = x
      for _ in 0..<50_000 { y = try y + 0.0 }
      return try gradients(of: y, withRespectTo: [x])[0]?.item()
    }
    #expect(slope == 1)
  }
}

private func threadIdentity() -> UInt {
  #if os(Linux)
    return pthread_self()
  #else
    return UInt(bitPattern: pthread_self())
  #endif
}
