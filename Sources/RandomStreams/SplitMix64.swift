/// The constants and the output function of SplitMix64.
enum SplitMix64 {
  /// 2⁶⁴ divided by the golden ratio, made odd: the step between states.
  static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// The one-to-one output mix (Stafford's variant 13 of the MurmurHash3 finaliser).
  static func finalise(_ state: UInt64) -> UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// How names and numbers become keys.
enum KeyDerivation {
  // Arbitrary, distinct and fixed for ever: the first digits of π in hexadecimal. They keep names, numbers and
  // replacement draws apart.
  static let nameSalt: UInt64 = 0x243F_6A88_85A3_08D3
  static let indexSalt: UInt64 = 0x1319_8A2E_0370_7344
  static let retrySalt: UInt64 = 0xA409_3822_299F_31D0

  /// The 64-bit FNV-1a hash. Swift's own `Hasher` is seeded afresh in every process, so it cannot name a stream.
  static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }
}
