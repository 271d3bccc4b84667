import ArgumentParser
import Steadfast

/// Which attacks at which sizes, as options.
struct AttackOptions: ParsableArguments {
  @Option(
    name: .customLong("attack"), help: ArgumentHelp("An attack; may be repeated. (default: all)", valueName: "name"))
  var names: [Configuration.Attack.Name] = []

  @Option(help: "The norm that bounds the perturbation.")
  var norm: PerturbationNorm = .linf

  @Option(
    name: .customLong("eps"),
    help: ArgumentHelp("Sizes in pixels on [0, 1], such as 2/255,8/255 or 0.1,0.5.", valueName: "list"),
    transform: SizeList.init)
  var sizes: SizeList?

  @Option(help: "Steps of iterated attacks. (default: the run's own, else 10)")
  var steps: Int?

  func validate() throws {
    guard norm != .l1 else { throw ValidationError("fgsm and pgd have no form for l1: use linf or l2") }
    if let steps, !(1...100_000).contains(steps) {
      throw ValidationError("--steps must be 1 to 100000, not \(steps)")
    }
    if norm == .linf, let largest = sizes?.values.last, largest.value > 1 {
      throw ValidationError("--eps \(largest.text): in linf no pixel can move farther than 1")
    }
  }

  var isGiven: Bool { !names.isEmpty || sizes != nil }

  /// The attacks asked for; both where none is named, at customary sizes where none are given.
  /// - Parameter own: the run's attacks: where steps are not given, an attack takes as many as it has there.
  func attacks(beside own: [Configuration.Attack]) -> [Configuration.Attack] {
    let sizes = sizes?.values ?? (norm == .linf ? SizeList.linf : SizeList.l2).values
    return (names.isEmpty ? Configuration.Attack.Name.allCases : names).map { name in
      var attack = Configuration.Attack(name: name, norm: norm, epsilons: sizes)
      attack.steps = steps ?? own.first { ($0.name, $0.norm) == (name, norm) }?.steps ?? attack.steps
      return attack
    }
  }
}

/// Sizes above zero, ascending, each once.
struct SizeList: Sendable {
  let values: [Rational]

  init(_ text: String) throws {
    do {
      values = Set(try text.split(separator: ",").map { try Rational(String($0)) }).sorted()
    } catch let error as RationalError {
      throw ValidationError("\(error)")
    }
    guard let smallest = values.first, smallest > .zero else {
      throw ValidationError("'\(text)' is no list of sizes above 0: write 2/255,8/255 or 0.1,0.5")
    }
  }

  private init(_ values: [(Int, Int)]) { self.values = values.compactMap { try? Rational($0.0, over: $0.1) } }

  static let linf = SizeList([(2, 255), (4, 255), (8, 255)])
  static let l2 = SizeList([(1, 10), (1, 4), (1, 2)])
}

extension Configuration.Attack.Name: ExpressibleByArgument {}
extension PerturbationNorm: ExpressibleByArgument {
  public static var allValueStrings: [String] { [linf, l2].map(\.rawValue) }
}
