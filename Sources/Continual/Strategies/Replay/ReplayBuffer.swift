import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// Images kept for later: a uniform sample, of fixed size, of all that were offered.
///
/// Source: Vitter, "Random sampling with a reservoir", 1985, Algorithm R. It needs to know neither how many images will
/// come nor where a task ends.
struct ReplayBuffer: Hashable {
  /// How many images are kept at most.
  let size: Int
  /// How many images there are to choose from.
  let imageCount: Int
  /// Places in `Rehearsal.images`, by slot.
  private(set) var places: [Int] = []
  /// How many images were offered so far.
  private(set) var offered = 0

  /// - Parameters:
  ///   - size: at least 1.
  ///   - imageCount: places are below it.
  init(size: Int, imageCount: Int) {
    self.size = size
    self.imageCount = imageCount
  }

  var isEmpty: Bool { places.isEmpty }

  /// Offers an image: of n + 1 images offered so far the last one is kept with probability size / (n + 1), in place of
  /// any of the others.
  /// - Parameter draws: read at counter n.
  /// - Returns: the slot that it took; nil where it was passed over.
  @discardableResult
  mutating func offer(_ place: Int, _ draws: RandomStream) -> Int? {
    defer { offered += 1 }
    if places.count < size {
      places.append(place)
      return places.count - 1
    }
    let slot = draws.integer(below: offered + 1, at: UInt64(offered))
    guard slot < size else { return nil }
    places[slot] = place
    return slot
  }

  /// Different slots, each set of them equally likely: sampling without replacement, by the first draws of a
  /// Fisher-Yates shuffle. All slots where there are no more than `count`.
  func slots(_ count: Int, _ draws: RandomStream) -> [Int] {
    var moved: [Int: Int] = [:]
    return (0..<min(count, places.count)).map { first in
      let chosen = first + draws.integer(below: places.count - first, at: UInt64(first))
      defer { moved[chosen] = moved[first] ?? first }
      return moved[chosen] ?? chosen
    }
  }

  /// The images in as many different slots.
  func sample(_ count: Int, _ draws: RandomStream) -> [Int] { slots(count, draws).map { places[$0] } }

  // MARK: State

  private static let keys = (places: "memory.places", offered: "memory.offered")

  /// Nothing while nothing was offered.
  func state() throws -> OrderedDictionary<String, HostTensor> {
    guard offered > 0 else { return [:] }
    return [
      Self.keys.places: try HostTensor(places.map(Int64.init), shape: [places.count]),
      Self.keys.offered: try HostTensor([Int64(offered)], shape: [1]),
    ]
  }

  /// Takes over what a state says, and removes it from there.
  /// - Throws: `StateError` for what no such buffer can hold.
  mutating func take(from state: inout OrderedDictionary<String, HostTensor>) throws {
    let (places, offered) = (state.removeValue(forKey: Self.keys.places), state.removeValue(forKey: Self.keys.offered))
    self.places = try places?.values(as: Int64.self).map { Int($0) } ?? []
    self.offered = try offered?.values(as: Int64.self).first.map { Int($0) } ?? 0
    guard self.offered >= 0, self.places.count == min(size, self.offered),
      self.places.allSatisfy((0..<imageCount).contains)
    else { throw StateError(reason: "'\(Self.keys.places)' is no memory of \(size) of \(imageCount) images") }
  }
}
