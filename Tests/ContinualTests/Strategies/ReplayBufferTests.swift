import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles
import Testing

@testable import Continual

@Suite struct ReplayBufferTests {
  let seed = UInt64.random(in: 0...UInt64.max)

  /// Σ (O − E)² / (E (1 − p)) · (N − 1)/N of the counts of N items, of which each round takes a share p without
  /// replacement: χ² with N − 1 degrees of freedom.
  private func statistic(_ counts: [Int], rounds: Int, taken: Int) -> Double {
    let items = Double(counts.count)
    let share = Double(taken) / items
    let expected = Double(rounds) * share
    let sum = counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
    return sum / (expected * (1 - share)) * (items - 1) / items
  }

  /// χ² with 19 degrees of freedom exceeds this once in a million times.
  private let limit = 65.4

  /// Vitter 1985: whenever it is looked at, each of the items offered so far is as likely to be in the reservoir.
  @Test(arguments: [(6, 5), (20, 5), (20, 19)])
  func everyItemIsEquallyLikely(items: Int, size: Int) {
    let rounds = 4000
    var counts = Array(repeating: 0, count: items)
    for round in 0..<rounds {
      var buffer = ReplayBuffer(size: size, imageCount: items)
      // Draws change with the lesson, and the count goes on.
      for item in 0..<items {
        buffer.offer(item, RandomStream(seed: seed).stream(round).stream(item / 8))
      }
      #expect(Set(buffer.places).count == size && buffer.offered == items)
      for place in buffer.places { counts[place] += 1 }
    }
    #expect(statistic(counts, rounds: rounds, taken: size) < limit, "seed \(seed): \(counts)")
  }

  @Test func slotsAreDifferentAndEquallyLikely() {
    let rounds = 4000
    var buffer = ReplayBuffer(size: 20, imageCount: 20)
    for place in 0..<20 { buffer.offer(place, RandomStream(seed: 0)) }
    var counts = Array(repeating: 0, count: 20)
    for round in 0..<rounds {
      let slots = buffer.slots(6, RandomStream(seed: seed).stream(round))
      #expect(Set(slots).count == 6)
      for slot in slots { counts[slot] += 1 }
    }
    #expect(statistic(counts, rounds: rounds, taken: 6) < limit, "seed \(seed): \(counts)")
    #expect(buffer.slots(50, RandomStream(seed: seed)).sorted() == Array(0..<20), "all, where there are fewer")
    #expect(ReplayBuffer(size: 3, imageCount: 3).sample(4, RandomStream(seed: seed)) == [])
  }

  @Test func aFullBufferSaysWhichSlotWasTaken() {
    var buffer = ReplayBuffer(size: 3, imageCount: 100)
    for place in 0..<100 {
      let before = buffer.places
      let slot = buffer.offer(place, RandomStream(seed: seed))
      var expected = before
      if let slot, slot < before.count { expected[slot] = place } else if slot != nil { expected.append(place) }
      #expect(buffer.places == expected, "seed \(seed)")
      #expect(place >= 3 || slot == place)
    }
  }

  @Test func aStateComesBackAndAForeignOneIsRefused() throws {
    var buffer = ReplayBuffer(size: 3, imageCount: 10)
    #expect(try buffer.state().isEmpty)
    for place in 0..<9 { buffer.offer(place, RandomStream(seed: seed)) }
    let stored = try buffer.state()
    var (state, copy) = (stored, ReplayBuffer(size: 3, imageCount: 10))
    try copy.take(from: &state)
    #expect(copy == buffer && state.isEmpty)
    try copy.take(from: &state)
    #expect(copy.isEmpty && copy.offered == 0, "no state is that of a memory that saw nothing")

    for (size, images) in [(4, 10), (2, 10), (3, buffer.places.reduce(0, max))] {
      var (state, other) = (stored, ReplayBuffer(size: size, imageCount: images))
      #expect(throws: StateError.self) { try other.take(from: &state) }
    }
  }
}

@Suite struct BalancedBufferTests {
  private func offer(_ labels: [Int], to buffer: inout BalancedBuffer, from first: Int = 0, seed: UInt64 = 1) {
    for (index, label) in labels.enumerated() {
      buffer.offer(first + index, of: label, RandomStream(seed: seed).stream("room"))
    }
  }

  private func counts(_ buffer: BalancedBuffer, _ classes: Int) -> [Int] { (0..<classes).map(buffer.count) }

  /// Algorithm 1 by hand, with room for four.
  @Test func aHandMadeExample() {
    var buffer = BalancedBuffer(size: 4)
    offer([0, 0, 0, 0, 0, 0], to: &buffer)
    #expect(buffer.places == [0, 1, 2, 3], "a full class takes no more")
    offer([1], to: &buffer, from: 10)
    #expect(counts(buffer, 2) == [3, 1] && buffer.places.last == 10)
    offer([1, 1], to: &buffer, from: 11)
    #expect(counts(buffer, 2) == [2, 2] && buffer.places.suffix(2) == [10, 11])
    // Of two largest classes the first makes room, then the only largest.
    offer([2], to: &buffer, from: 20)
    #expect(counts(buffer, 3) == [1, 2, 1])
    offer([2, 2], to: &buffer, from: 21)
    #expect(counts(buffer, 3) == [1, 1, 2] && buffer.places.suffix(2) == [20, 21])
    // A class that is below its share of 4/3 may grow again.
    offer([0], to: &buffer, from: 6)
    #expect(counts(buffer, 3) == [2, 1, 1] && buffer.places.contains(6))
    #expect(buffer.count == 4)
  }

  /// Classes one after another, each with more images than fit: no class has two more than another.
  @Test func classesDifferByAtMostOne() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = RandomStream(seed: seed).generator
    for _ in 0..<60 {
      let classes = Int.random(in: 1...9, using: &generator)
      let size = Int.random(in: classes...40, using: &generator)
      let perTask = Int.random(in: 1...3, using: &generator)
      var buffer = BalancedBuffer(size: size)
      for first in stride(from: 0, to: classes, by: perTask) {
        let labels = (first..<min(first + perTask, classes)).flatMap { Array(repeating: $0, count: size) }
        offer(labels.shuffled(using: &generator), to: &buffer, from: 1000 * first, seed: seed)
        let seen = counts(buffer, min(first + perTask, classes))
        #expect((seen.max() ?? 0) - (seen.min() ?? 0) <= 1 && seen.reduce(0, +) == size, "seed \(seed): \(seen)")
        #expect(Set(buffer.places).count == size && buffer.count == size)
      }
    }
  }

  /// Any image of the largest class makes room, each as likely.
  @Test func whoMakesRoomIsRandom() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var gone = [0, 0, 0, 0]
    for round in 0..<4000 {
      var buffer = BalancedBuffer(size: 4)
      offer([0, 0, 0, 0, 1], to: &buffer, seed: RandomStream(seed: seed).stream(round).key)
      for place in 0..<4 where !buffer.places.contains(place) { gone[place] += 1 }
    }
    // Binomial of 4000 and 1/4: five standard deviations are 137.
    #expect(gone.reduce(0, +) == 4000 && gone.allSatisfy { abs($0 - 1000) < 137 }, "seed \(seed): \(gone)")
  }
}
