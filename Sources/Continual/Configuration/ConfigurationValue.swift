import Results
import Yams

/// One value of a configuration, whose key knows what it must be.
struct ConfigurationValue {
  let keyPath: String
  private let node: Node
  private let mark: Mark?
  private let document: ConfigurationDocument

  init(_ node: Node, keyPath: String, mark: Mark?, in document: ConfigurationDocument) {
    self.node = node
    self.keyPath = keyPath
    self.mark = mark
    self.document = document
  }

  /// Whether it was written as nothing or null.
  var isNull: Bool {
    if case .scalar(let scalar) = node { scalar.isNull } else { false }
  }

  var isList: Bool {
    if case .sequence = node { true } else { false }
  }

  /// Any scalar, taken as text: names such as 7 or true need no quotes.
  func text(atMost limit: Int = 4096) throws -> String {
    let text = try scalar("be text").string
    guard text.unicodeScalars.count <= limit else { throw error("must have at most \(limit) characters") }
    return text
  }

  func integer(in range: ClosedRange<Int>) throws -> Int {
    let wanted = "be a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let number = Int(try plain(wanted)), range.contains(number) else { throw error("must \(wanted)\(found)") }
    return number
  }

  func unsigned() throws -> UInt64 {
    let wanted = "be a whole number from 0 to \(UInt64.max)"
    guard let number = UInt64(try plain(wanted)) else { throw error("must \(wanted)\(found)") }
    return number
  }

  /// A finite number that a condition, put in words, holds for.
  func number(_ wanted: String, where holds: (Double) -> Bool) throws -> Double {
    guard let number = Double(try plain("be a number \(wanted)")), number.isFinite, holds(number) else {
      throw error("must be a number \(wanted)\(found)")
    }
    return number
  }

  func flag() throws -> Bool {
    switch try plain("be true or false") {
    case "true": true
    case "false": false
    default: throw error("must be true or false\(found)")
    }
  }

  func choice<Choice>(_ type: Choice.Type = Choice.self) throws -> Choice
  where Choice: CaseIterable & RawRepresentable, Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue)
    let text = try text()
    guard let choice = Choice(rawValue: text) else {
      let nearest = NearestName.find(text, among: names).map { "did you mean '\($0)'?" } ?? ""
      throw error("must be one of \(names.joined(separator: ", "))\(found)", advice: nearest)
    }
    return choice
  }

  /// An exact perturbation size above zero, such as `8/255`.
  func size(atMost limit: Double) throws -> Rational {
    do {
      let size = try Rational(try scalar("be a size such as 8/255 or 0.1").string)
      guard size > .zero, size.value <= limit else { throw error("must be above 0 and at most \(limit)\(found)") }
      return size
    } catch let problem as RationalError {
      throw error("must be a size above 0", advice: problem.description)
    }
  }

  func list<Element>(atMost limit: Int, _ body: (ConfigurationValue) throws -> Element) throws -> [Element] {
    guard case .sequence(let sequence) = node else {
      throw error("must be a list, such as [a, b]\(found)")
    }
    guard sequence.count <= limit else {
      throw error("must have at most \(limit) elements, not \(sequence.count)")
    }
    return try sequence.map {
      try body(ConfigurationValue($0, keyPath: "\(keyPath)[]", mark: $0.mark ?? mark, in: document))
    }
  }

  func section() throws -> ConfigurationSection {
    switch node {
    case .mapping(let mapping) where mapping.tag.isUnwritten:
      return try ConfigurationSection(mapping, keyPath: keyPath, in: document)
    case .scalar(let scalar) where scalar.isNull:
      return try ConfigurationSection(Node.Mapping([]), keyPath: keyPath, in: document)
    default: throw error("must be a section: keys with values, indented below it\(found)")
    }
  }

  /// An error about this value.
  func error(_ reason: String, advice: String = "") -> ConfigurationError {
    document.error(at: mark, keyPath: keyPath, reason: "'\(keyPath)' \(reason)", advice: advice)
  }

  private func scalar(_ wanted: String) throws -> Node.Scalar {
    guard case .scalar(let scalar) = node else { throw error("must \(wanted)\(found)") }
    guard scalar.tag.isUnwritten else { throw error("has a YAML tag, which a configuration does not use") }
    guard !scalar.isNull else { throw error("has no value: it must \(wanted)") }
    return scalar
  }

  /// The text of a scalar without quotes.
  private func plain(_ wanted: String) throws -> String {
    let scalar = try scalar(wanted)
    guard scalar.style == .plain || scalar.style == .any else { throw error("must \(wanted), not text in quotes") }
    return scalar.string
  }

  private var found: String {
    switch node {
    case .scalar(let scalar): ", not \(quoted(scalar.string))"
    case .sequence: ", not a list"
    case .mapping, .alias: ", not a section"
    }
  }
}

extension Tag {
  /// Whether the tag is what the text itself says, rather than one written as `!name`.
  fileprivate var isUnwritten: Bool {
    [Tag.Name.implicit, .str, .map, .seq].map(\.rawValue).contains(description)
  }
}
