import Results

/// Why an attack, an evaluation or an audit could not be carried out.
public enum RobustnessError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Pixels whose shape is not N followed by the network's C, H, W.
  case pixelShape(found: [Int], expected: [Int])
  /// Pixels that are not fp32.
  case pixelType(found: String)
  /// A pixel that is NaN or outside [0, 1].
  case pixelsOutsideBox
  case labelOutOfRange(label: Int, sample: Int, classes: Int)
  /// An index that no image of the set has.
  case imageOutOfRange(index: Int, count: Int)
  /// Lists that belong together and differ in length.
  case unequalCounts(what: String, found: Int, expected: Int)
  case unsupportedNorm(attack: String, norm: PerturbationNorm)
  case invalidSetting(name: String, reason: String)
  /// A clean pixel that no image of so many bits holds.
  case cleanPixelOffGrid(farthest: Double, bits: Int)
  /// A journal of another evaluation.
  case journalDiffers(path: String, what: [String])
  /// A file that is no journal.
  case journalUnreadable(path: String)
  /// A journal that another evaluation has open.
  case journalInUse(path: String)

  public var description: String {
    switch self {
    case .pixelShape(let found, let expected):
      "pixels have the shape \(found), but the network takes N×" + expected.map(String.init).joined(separator: "×")
    case .pixelType(let found): "pixels are \(found), but attacks work on float32: convert them first"
    case .pixelsOutsideBox: "a pixel is NaN or outside [0, 1]: pixels must be scaled to [0, 1], and not normalised"
    case .labelOutOfRange(let label, let sample, let classes):
      "sample \(sample) has the label \(label), but the network knows the classes 0 to \(classes - 1)"
    case .imageOutOfRange(let index, let count): "there is no image \(index) in a set of \(count)"
    case .unequalCounts(let what, let found, let expected): "\(found) \(what) where \(expected) belong"
    case .unsupportedNorm(let attack, let norm):
      "\(attack) has no form for \(norm.symbol): --help lists the norms of each attack"
    case .invalidSetting(let name, let reason): "\(name) \(reason)"
    case .cleanPixelOffGrid(let farthest, let bits):
      "a clean pixel lies \(farthest) steps away from the nearest level of \(bits) bits: the grid needs images of "
        + "that depth"
    case .journalDiffers(let path, let what):
      "\(path): tells of another evaluation (different: \(what.joined(separator: ", "))): name another file, or delete it"
    case .journalUnreadable(let path): "\(path): is no journal of an evaluation: name another file"
    case .journalInUse(let path): "\(path): is in use by another process: wait for it, or name another file"
    }
  }

  /// - Parameter setting: as the message begins, such as `PGD's steps`.
  static func require(_ holds: Bool, _ setting: String, _ reason: String) throws {
    guard holds else { throw invalidSetting(name: setting, reason: reason) }
  }

  static func requireEqual(_ what: String, _ found: Int, _ expected: Int) throws {
    guard found == expected else { throw unequalCounts(what: what, found: found, expected: expected) }
  }
}
