import RandomStreams

/// Images kept for later, as many of each class as of every other.
///
/// Source: the greedy sampler of Prabhu, Torr and Dokania, "GDumb: a simple approach that questions our progress in
/// continual learning", 2020, Algorithm 1.
struct BalancedBuffer {
  /// How many images are kept at most.
  let size: Int
  /// Places by class, for every class that was offered.
  private var slots: [Int: [Int]] = [:]
  private var offered = 0
  private(set) var count = 0

  init(size: Int) { self.size = size }

  /// Class by class, in ascending order of classes.
  var places: [Int] { slots.keys.sorted().flatMap { slots[$0, default: []] } }

  /// How many images of a class are kept.
  func count(of label: Int) -> Int { slots[label]?.count ?? 0 }

  /// Offers an image: it is kept while its class has less than its share, size / classes seen. Where there is no room,
  /// any image of the largest class makes room; of several largest that with the lowest number.
  /// - Parameter draws: read at the number of images that were offered before.
  mutating func offer(_ place: Int, of label: Int, _ draws: RandomStream) {
    defer { offered += 1 }
    let classes = slots.count + (slots[label] == nil ? 1 : 0)
    guard count(of: label) * classes < size else { return }
    if count == size, let largest = slots.keys.min(by: { (-count(of: $0), $0) < (-count(of: $1), $1) }) {
      let leaving = draws.integer(below: count(of: largest), at: UInt64(offered))
      slots[largest]?.remove(at: leaving)
      count -= 1
    }
    slots[label, default: []].append(place)
    count += 1
  }
}
