import ArgumentParser
import Steadfast

/// Which attacks at which sizes, as options.
struct AttackOptions: ParsableArguments {
  @Option(
    name: .customLong("attack"),
    help: ArgumentHelp(
      "An attack; may be repeated. (default: \(standardNames.map(\.rawValue).joined(separator: ", ")))",
      valueName: "name"))
  var names: [AttackKind] = []

  @Option(help: "The norm that bounds the perturbation.")
  var norm: PerturbationNorm = .linf

  @Option(
    name: .customLong("eps"),
    help: ArgumentHelp("Sizes in pixels on [0, 1], such as 2/255,8/255 or 0.1,0.5.", valueName: "list"),
    transform: SizeList.init)
  var sizes: SizeList?

  @Option(help: "Iterations of a start, of iterated attacks. (default: the run's own, else the attack's)")
  var steps: Int?

  @Option(help: "Starts, of attacks that have several. (default: the run's own, else the attack's)")
  var restarts: Int?

  @Option(help: "Forward passes an image, of attacks without gradients. (default: the run's own, else the attack's)")
  var queries: Int?

  @Flag(help: "Count a success at a smaller size at every larger one; it costs nothing there.")
  var envelope = false

  /// What is run where no attack is named.
  static let standardNames: [AttackKind] = [.fgsm, .pgd]

  func validate() throws {
    for name in names where !name.norms.contains(norm) {
      let able = name.norms.map(\.rawValue).joined(separator: " or ")
      throw ValidationError("\(name.rawValue) has no form for \(norm.rawValue): use \(able)")
    }
    for (effort, value) in given {
      guard (effort.least...100_000).contains(value) else {
        throw ValidationError("--\(effort.rawValue) must be \(effort.least) to 100000, not \(value)")
      }
      guard chosen.contains(where: { $0.efforts.contains { $0.effort == effort } }) else {
        let names = chosen.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--\(effort.rawValue) means nothing to \(names)")
      }
    }
    if norm == .linf, let largest = sizes?.values.last, largest.value > 1 {
      throw ValidationError("--eps \(largest.text): in linf no pixel can move farther than 1")
    }
  }

  var isGiven: Bool { !names.isEmpty || sizes != nil }

  /// What was given that means nothing unless an attack or its sizes are named too; nil where all is well.
  var danglingOption: String? {
    guard !isGiven else { return nil }
    return given.first.map { $0.0.rawValue } ?? (norm != .linf ? "norm" : envelope ? "envelope" : nil)
  }

  private var chosen: [AttackKind] { names.isEmpty ? Self.standardNames : names }

  private var given: [(AttackKind.Effort, Int)] {
    [(.steps, steps), (.restarts, restarts), (.queries, queries)].compactMap { effort, value in
      value.map { (effort, $0) }
    }
  }

  /// The attacks asked for, at customary sizes where none are given.
  /// - Parameter own: the run's attacks: an effort that is not given here is the one that an attack has there.
  func attacks(beside own: [Configuration.Attack]) -> [Configuration.Attack] {
    let sizes = sizes?.values ?? SizeList.customary(norm).values
    return chosen.map { name in
      let present = own.first { ($0.name, $0.norm) == (name, norm) }
      return Configuration.Attack(
        name: name, norm: norm, epsilons: sizes, steps: steps ?? present?.steps,
        restarts: restarts ?? present?.restarts, queries: queries ?? present?.queries,
        form: envelope ? .envelope : present?.form ?? .raw)
    }
  }
}

/// Sizes above zero, or radii from zero, ascending, each once.
struct SizeList: Sendable {
  let values: [Rational]

  init(_ text: String) throws { try self.init(text, allowingZero: false) }

  /// Radii: these may be zero, where what is certified is the answer itself.
  static func radii(_ text: String) throws -> SizeList { try SizeList(text, allowingZero: true) }

  private init(_ text: String, allowingZero: Bool) throws {
    do {
      values = Set(try text.split(separator: ",").map { try Rational(String($0)) }).sorted()
    } catch let error as RationalError {
      throw ValidationError("\(error)")
    }
    guard let smallest = values.first, smallest > .zero || (allowingZero && smallest == .zero) else {
      throw ValidationError(
        "'\(text)' is no list of sizes \(allowingZero ? "from" : "above") 0: write 2/255,8/255 or 0.1,0.5")
    }
  }

  private init(_ values: [(Int, Int)]) { self.values = values.compactMap { try? Rational($0.0, over: $0.1) } }

  static func customary(_ norm: PerturbationNorm) -> SizeList {
    switch norm {
    case .linf: SizeList([(2, 255), (4, 255), (8, 255)])
    case .l2: SizeList([(1, 10), (1, 4), (1, 2)])
    case .l1: SizeList([(1, 1), (4, 1), (12, 1)])
    }
  }
}

extension AttackKind: ExpressibleByArgument {}
extension PerturbationNorm: ExpressibleByArgument {
  public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}
