/// A named stream of random numbers without state: the value at a counter is a pure function of `(key, counter)`.
///
/// Nothing has to be saved in a checkpoint, values may be drawn in any order and on any thread, and adding a draw to
/// one stream moves no value of another. Derive a stream per purpose and per sample:
///
///     let noise = RandomStream(seed: 7).stream("augmentation").stream(epoch).stream(sample)
///     let shift = noise.uniform(at: 0)
///
/// The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), read by
/// position. It is not for cryptography. All streams walk one cycle of 2⁶⁴ positions from different places, so two
/// streams of n draws each share a stretch with probability about n / 2⁶³.
public struct RandomStream: Sendable, Hashable, Codable {
  /// The SplitMix64 state before the first draw.
  public let key: UInt64

  /// The root stream of a seed: its key is the seed itself.
  public init(seed: UInt64) {
    key = seed
  }

  /// The stream that belongs to a name within this one.
  ///
  /// The key is derived from the UTF-8 bytes of `name`, so names that differ only in Unicode normalisation name
  /// different streams. The derivation is fixed: it does not change from one process, platform or version to another.
  public func stream(_ name: String) -> RandomStream {
    RandomStream(seed: derivedKey(salt: KeyDerivation.nameSalt, value: KeyDerivation.fnv1a(name.utf8)))
  }

  /// The stream that belongs to a number within this one. Different numbers never share a key, and no number shares
  /// its derivation with a name: `stream(1)` and `stream("1")` are unrelated.
  public func stream(_ index: Int) -> RandomStream {
    RandomStream(seed: derivedKey(salt: KeyDerivation.indexSalt, value: UInt64(bitPattern: Int64(index))))
  }

  /// Two rounds of mixing: the first separates the parents, the second makes siblings unrelated. For a fixed parent the
  /// map from `value` to key is one to one.
  private func derivedKey(salt: UInt64, value: UInt64) -> UInt64 {
    SplitMix64.finalise(SplitMix64.finalise(key ^ salt) &+ SplitMix64.finalise(value &+ SplitMix64.increment))
  }

  /// 64 random bits: the output of SplitMix64, seeded with `key`, after `counter + 1` steps.
  public func bits(at counter: UInt64) -> UInt64 {
    SplitMix64.finalise(key &+ (counter &+ 1) &* SplitMix64.increment)
  }

  /// A number in [0, 1): a multiple of 2⁻⁵³, each as likely as any other.
  public func uniform(at counter: UInt64) -> Double {
    Double(bits(at: counter) >> 11) * 0x1p-53
  }

  /// A whole number in `0..<n`, each exactly as likely as any other.
  ///
  /// The high word of `bits × n` (Lemire, "Fast random integer generation in an interval", 2019). The draws that would
  /// favour some numbers are replaced by draws of a stream that the refused bits themselves name, so neighbouring
  /// counters stay untouched.
  /// - Precondition: `n > 0`.
  public func integer(below n: Int, at counter: UInt64) -> Int {
    precondition(n > 0, "a whole number below \(n) does not exist")
    let bound = UInt64(n)
    let firstBits = bits(at: counter)
    var product = bound.multipliedFullWidth(by: firstBits)
    if product.low < bound {
      let refused = (0 &- bound) % bound
      let replacement = RandomStream(seed: SplitMix64.finalise(firstBits ^ KeyDerivation.retrySalt))
      var attempt: UInt64 = 0
      while product.low < refused {
        product = bound.multipliedFullWidth(by: replacement.bits(at: attempt))
        attempt &+= 1
      }
    }
    return Int(product.high)
  }

  /// The numbers `0..<n` in random order, each order equally likely (Fisher and Yates; Durstenfeld's form).
  ///
  /// Uses the counters `1..<n` of this stream: give a permutation a stream of its own.
  /// - Precondition: `n ≥ 0`.
  public func permutation(_ n: Int) -> [Int] {
    precondition(n >= 0, "a permutation of \(n) numbers does not exist")
    var order = Array(0..<n)
    guard n > 1 else { return order }
    for last in stride(from: n - 1, to: 0, by: -1) {
      order.swapAt(last, integer(below: last + 1, at: UInt64(last)))
    }
    return order
  }

  /// This stream read in order from counter 0, for the standard library's `random(in:using:)` and `shuffled(using:)`.
  ///
  /// How many bits those consume is not fixed by the standard library: where results must not change with the compiler,
  /// use ``permutation(_:)`` and ``integer(below:at:)``.
  public var generator: StreamGenerator {
    StreamGenerator(stream: self)
  }
}
