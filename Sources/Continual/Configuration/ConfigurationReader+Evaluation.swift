import ImageData
import Results
import Robustness

/// What evaluation and contrasts may hold.
extension ConfigurationReader {
  static func evaluation(_ section: ConfigurationSection) throws -> Configuration.Evaluation {
    var it = Configuration.Evaluation()
    it.batchSize = try section.read("batchSize", default: it.batchSize) { try $0.integer(in: 1...65536) }
    it.attacks = try section.sections("attacks", atMost: 20) { try attack($0) }
    // One entry an attack and norm: two would be told apart by nothing in the results.
    for (index, attack) in it.attacks.enumerated() {
      guard it.attacks[..<index].contains(where: { $0.name == attack.name && $0.norm == attack.norm }) else { continue }
      throw section.error(
        about: "attacks", "has \(attack.name.rawValue) in \(attack.norm.rawValue) twice",
        advice: "write all its sizes in one entry")
    }
    it.certify = try section.read("certify", default: it.certify) { try sizes($0, atMost: 1e4) }
    it.audit = try section.read("audit", default: it.audit) { try $0.choice(AuditPlan.Level.self) }
    it.galleryPerTask = try section.read("galleryPerTask", default: it.galleryPerTask) { try $0.integer(in: 0...1000) }
    it.bracketsPerTask = try section.read("bracketsPerTask", default: it.bracketsPerTask) {
      try $0.integer(in: 0...1_000_000)
    }
    it.agnosticImages = try section.read("agnosticImages", default: it.agnosticImages) {
      try $0.integer(in: 0...1_000_000)
    }
    it.everyTasks = try section.read("everyTasks", default: it.everyTasks) { try $0.integer(in: 1...1_000_000) }
    it.corruptions = try section.section("corruptions", corruptions)
    it.spatial = try section.section("spatial", spatial)
    it.certification = try section.section("certification", certification)
    it.smoothing = try section.section("smoothing", smoothing)
    return it
  }

  private static func certification(_ section: ConfigurationSection) throws -> Configuration.Certification {
    var it = Configuration.Certification()
    it.linf = try section.read("linf", default: it.linf) { try sizes($0, atMost: 1) }
    it.local = try section.read("local", default: it.local) { try $0.flag() }
    it.throughoutLimit = try section.read("throughoutLimit", default: it.throughoutLimit) {
      try $0.integer(in: 0...1_000_000)
    }
    return it
  }

  private static func smoothing(_ section: ConfigurationSection) throws -> Configuration.Smoothing {
    let counts = 1...Intervals.largestRoundedCount
    var it = Configuration.Smoothing()
    it.sigma = try section.read("sigma", default: it.sigma) {
      try $0.number("from 0 to 1e4 (0 smooths nothing)") { $0 >= 0 && $0 <= 1e4 }
    }
    it.samples = try section.read("samples", default: it.samples) { try $0.integer(in: counts) }
    it.selectionSamples = try section.read("selectionSamples", default: it.selectionSamples) {
      try $0.integer(in: counts)
    }
    it.alpha = try section.read("alpha", default: it.alpha) {
      try $0.number("above 0 and below 1") { $0 > 0 && $0 < 1 }
    }
    it.images = try section.read("images", default: it.images) { try $0.integer(in: 1...1_000_000) }
    return it
  }

  private static func corruptions(_ section: ConfigurationSection) throws -> Configuration.Corruptions {
    var it = Configuration.Corruptions()
    it.images = try section.read("images", default: it.images) { try $0.integer(in: 0...1_000_000) }
    it.severities = try section.read("severities", default: it.severities) { value in
      let severities = try value.list(atMost: Degradation.severities.count) {
        try $0.integer(in: Degradation.severities)
      }
      guard !severities.isEmpty, zip(severities, severities.dropFirst()).allSatisfy({ $0 < $1 }) else {
        throw value.error("must name at least one severity, ascend, and have each once")
      }
      return severities
    }
    it.kinds = try section.read("kinds", default: it.kinds) { value in
      let kinds = try value.list(atMost: Degradation.Kind.allCases.count) { try $0.choice(Degradation.Kind.self) }
      guard Set(kinds).count == kinds.count else { throw value.error("must have each kind once") }
      return kinds
    }
    return it
  }

  private static func spatial(_ section: ConfigurationSection) throws -> Configuration.Spatial {
    var it = Configuration.Spatial()
    it.turns = try section.read("turns", default: it.turns) { value in
      try value.number("of degrees from 0 to 180") { (0...180).contains($0) }
    }
    it.shifts = try section.read("shifts", default: it.shifts) { value in
      try value.number("of pixels from 0 to 1000") { (0...1000).contains($0) }
    }
    it.draws = try section.read("draws", default: it.draws) { try $0.integer(in: 1...10_000) }
    return it
  }

  static func full(_ section: ConfigurationSection) throws -> [String]? {
    let changes = try section.read("full", default: []) { try $0.list(atMost: 100) { try $0.text() } }
    return changes.isEmpty ? nil : changes
  }

  static func contrasts(_ section: ConfigurationSection) throws -> [Configuration.Contrast] {
    var names: Set<String> = []
    return try section.sections("contrasts", atMost: 20) { section in
      let name = try section.require("name", placeholder: "", advice: "it names the contrast's folder and row") {
        value in
        let name = try value.text(atMost: 64)
        let isSafe = name.utf8.allSatisfy { $0.isNameCharacter }
        guard isSafe, !name.isEmpty, !name.hasPrefix("-") else {
          throw value.error("must be letters, digits, - and _ (it names a folder), not \(quoted(name))")
        }
        // A folder's name, so also unique where the file system ignores case.
        guard names.insert(name.lowercased()).inserted else { throw value.error("is used twice: \(quoted(name))") }
        return name
      }
      let set = try section.read("set", default: []) { try $0.list(atMost: 100) { try $0.text() } }
      return Configuration.Contrast(name: name, set: set)
    }
  }

  private static func attack(_ section: ConfigurationSection) throws -> Configuration.Attack {
    let advice = "such as {name: fgsm, norm: linf, epsilons: [8/255]}"
    let name = try section.require("name", placeholder: .fgsm, advice: advice) {
      try $0.choice(AttackKind.self)
    }
    let norm = try section.require("norm", placeholder: .linf, advice: advice) { value in
      let norm = try value.choice(PerturbationNorm.self)
      guard name.norms.contains(norm) else {
        let able = name.norms.map(\.rawValue).joined(separator: " or ")
        throw value.error("must be \(able): \(name.rawValue) has no form for \(norm.rawValue)")
      }
      return norm
    }
    let epsilons = try section.require("epsilons", placeholder: [Rational](), advice: advice) { value in
      let epsilons = try sizes(value, atMost: norm == .linf ? 1 : 1e4)
      guard !epsilons.isEmpty else { throw value.error("must name at least one size") }
      return epsilons
    }
    return Configuration.Attack(
      name: name, norm: norm, epsilons: epsilons, steps: try effort(.steps, of: name, section),
      restarts: try effort(.restarts, of: name, section), queries: try effort(.queries, of: name, section),
      form: try section.read("form", default: .raw) { try $0.choice(CurveRecord.Form.self) })
  }

  /// An effort of an attack, nil where it is left out; refused of an attack that does not have it.
  private static func effort(
    _ effort: AttackKind.Effort, of name: AttackKind, _ section: ConfigurationSection
  ) throws -> Int? {
    try section.read(effort.rawValue, default: nil) { value in
      guard name.efforts.contains(where: { $0.effort == effort }) else {
        throw value.error("means nothing here: \(name.rawValue) has no \(effort.rawValue)", advice: "leave it out")
      }
      return try value.integer(in: effort.least...100_000)
    }
  }

  /// Ascending sizes.
  private static func sizes(_ value: ConfigurationValue, atMost limit: Double) throws -> [Rational] {
    let sizes = try value.list(atMost: 100) { try $0.size(atMost: limit) }
    guard zip(sizes, sizes.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw value.error("must ascend, each size once")
    }
    return sizes
  }
}
