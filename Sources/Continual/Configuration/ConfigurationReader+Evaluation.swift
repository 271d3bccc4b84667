import Results

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
    it.galleryPerTask = try section.read("galleryPerTask", default: it.galleryPerTask) { try $0.integer(in: 0...1000) }
    it.bracketsPerTask = try section.read("bracketsPerTask", default: it.bracketsPerTask) {
      try $0.integer(in: 0...1_000_000)
    }
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
      try $0.choice(Configuration.Attack.Name.self)
    }
    let norm = try section.require("norm", placeholder: .linf, advice: advice) { value in
      let norm = try value.choice(PerturbationNorm.self)
      guard norm != .l1 else { throw value.error("must be linf or l2: \(name.rawValue) has no form for l1") }
      return norm
    }
    let epsilons = try section.require("epsilons", placeholder: [Rational](), advice: advice) { value in
      let epsilons = try sizes(value, atMost: norm == .linf ? 1 : 1e4)
      guard !epsilons.isEmpty else { throw value.error("must name at least one size") }
      return epsilons
    }
    let standard = Configuration.Attack(name: name, norm: norm, epsilons: epsilons)
    let steps = try section.read("steps", default: standard.steps) { try $0.integer(in: 1...100_000) }
    return Configuration.Attack(name: name, norm: norm, epsilons: epsilons, steps: steps)
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
