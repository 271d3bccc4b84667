import Foundation
import RandomStreams
import Testing

/// Values that may never change: a checkpoint resumed under a later version has to draw the same numbers.
struct GoldenStreamTests {
  /// What `Fixtures/random_streams.py`, a second writing of this module, prints.
  struct Golden: Decodable {
    let seed: UInt64
    let counters: [UInt64]
    let bits: [UInt64]
    let names: [String: UInt64]
    let indices: [String: UInt64]
    let nested: UInt64
    let below10: [Int]
    let hugeBound: Int
    let belowHugeBound: [Int]
    let permutation: [Int]
  }

  let golden: Golden
  let root: RandomStream

  init() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/golden.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    root = RandomStream(seed: golden.seed)
  }

  /// The reference values published for SplitMix64 with the seed 1234567.
  @Test func bitsAreThoseOfSplitMix64() {
    let published: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
      16_408_922_859_458_223_821,
    ]
    let stream = RandomStream(seed: 1_234_567)
    #expect((UInt64(0)..<5).map(stream.bits) == published)
    var generator = stream.generator
    #expect((0..<5).map { _ in generator.next() } == published)
    #expect(generator.counter == 5)
  }

  @Test func bitsAtFarCounters() {
    #expect(golden.counters.map(root.bits) == golden.bits)
  }

  @Test func derivedKeys() throws {
    for (name, key) in golden.names { #expect(root.stream(name).key == key, "\(name)") }
    for (text, key) in golden.indices { #expect(root.stream(try #require(Int(text))).key == key, "\(text)") }
    #expect(root.stream("shuffle").stream(3).key == golden.nested)
  }

  @Test func integersAndPermutations() {
    #expect(golden.below10.indices.map { root.integer(below: 10, at: UInt64($0)) } == golden.below10)
    let huge = golden.belowHugeBound.indices.map { root.integer(below: golden.hugeBound, at: UInt64($0)) }
    #expect(huge == golden.belowHugeBound)
    #expect(root.stream("shuffle").permutation(20) == golden.permutation)
  }

  @Test func aStreamComesBackFromJSON() throws {
    for stream in [root, RandomStream(seed: .max), RandomStream(seed: 0)] {
      #expect(try JSONDecoder().decode(RandomStream.self, from: JSONEncoder().encode(stream)) == stream)
    }
  }
}
