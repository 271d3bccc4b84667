import Foundation

extension StreamDescription {
  /// Refuses what no data could fulfil, before any is read.
  ///
  /// - Throws: the error of ``fault()``.
  public func check() throws {
    if let fault = fault() { throw fault.error }
  }

  /// What no data could fulfil, and the field that is wrong, for readers that know where it was written.
  ///
  /// It has the path "stream", and is about a field that the kind does not read; values out of range, named twice or at
  /// odds with each other; a single task; tasks that would be the same task twice.
  /// - Returns: nil where nothing is wrong.
  public func fault() -> (key: Key, error: DataError)? {
    do {
      try checkFields()
      return nil
    } catch {
      return (error.key, error.error)
    }
  }

  private func checkFields() throws(StreamFault) {
    try checkUnread()
    switch kind {
    case .classSplit, .manifest: try checkSplit()
    case .domains: try checkDomains()
    case .permuted: try checkCount()
    case .rotated: try degrees.isEmpty ? checkCount() : checkDegrees()
    case .degraded: try checkDegradations()
    case .sequence: try checkFolders()
    }
    if let name = Self.repeated(classes) { throw StreamFault(.classes, "class \(name) is named twice in classes") }
    if classes.count == 1 {
      throw StreamFault(
        .classes, "only one class, \(classes[0])", "A task needs at least two, or there is nothing to tell apart.")
    }
    if let online, !(0...1).contains(online.blur) { throw StreamFault(.online, Self.badBlur(online.blur)) }
  }

  private func checkUnread() throws(StreamFault) {
    let standard = StreamDescription()
    let changed: [(Key, Bool)] = [
      (.classesPerTask, classesPerTask != standard.classesPerTask), (.sizes, sizes != standard.sizes),
      (.order, order != standard.order), (.classes, classes != standard.classes), (.tasks, tasks != standard.tasks),
      (.firstIsStored, firstIsStored != standard.firstIsStored), (.degrees, degrees != standard.degrees),
      (.degradations, degradations != standard.degradations), (.domains, domains != standard.domains),
      (.folders, folders != standard.folders),
    ]
    let read = Self.keys(of: kind)
    for (key, isChanged) in changed where isChanged && !read.contains(key) {
      throw StreamFault(
        key, "\(key.rawValue) means nothing to a stream of kind \(kind.rawValue)",
        "Leave it out: this kind reads \(read.map(\.rawValue).joined(separator: ", ")).")
    }
  }

  private func checkSplit() throws(StreamFault) {
    if order == .seeded && !classes.isEmpty {
      throw StreamFault(
        .order, "classes are listed and their order is to be drawn as well",
        "Leave out classes to draw from all, or the order to deal them as listed.")
    }
    for size in sizes.isEmpty ? [classesPerTask] : sizes where size < 2 {
      throw StreamFault(
        sizes.isEmpty ? .classesPerTask : .sizes, "a task of \(size) classes",
        "A task needs at least two, or there is nothing to tell apart.")
    }
    if classes.isEmpty || sizes.isEmpty { return }
    // Without overflow: no size of a valid list exceeds the number of classes.
    guard sizes.allSatisfy({ $0 <= classes.count }), sizes.reduce(0, +) == classes.count else {
      throw StreamFault(.sizes, "sizes \(sizes) do not add up to the \(classes.count) classes that are listed")
    }
  }

  private func checkDomains() throws(StreamFault) {
    if let name = Self.repeated(domains) {
      throw StreamFault(.domains, "domain \(name) is named twice", "Each domain is one task.")
    }
    if let name = domains.first(where: { $0.isEmpty || $0.contains("/") || $0.hasPrefix(".") }) {
      throw StreamFault(
        .domains, "\"\(name)\" names no domain", "Domains are named by their folders, without any path.")
    }
    if domains.count == 1 { throw StreamFault.oneTask(.domains, "List two domains or more, or use kind class-split.") }
  }

  private func checkCount() throws(StreamFault) {
    if tasks == 1 { throw StreamFault.oneTask(.tasks, "Ask for two tasks or more.") }
    guard (2...1000).contains(tasks) else { throw StreamFault(.tasks, "\(tasks) tasks", "There can be 2 to 1000.") }
  }

  private func checkDegrees() throws(StreamFault) {
    if degrees.count == 1 { throw StreamFault.oneTask(.degrees, "List the angles of two tasks or more.") }
    guard tasks == degrees.count || tasks == StreamDescription().tasks else {
      throw StreamFault(.tasks, "\(tasks) tasks, but \(degrees.count) angles", "Leave out tasks: each angle is one.")
    }
    guard firstIsStored else {
      throw StreamFault(
        .firstIsStored, "firstIsStored together with degrees",
        "Leave it out: the list says how the first task is turned.")
    }
    var seen: [Double: Double] = [:]
    for angle in degrees {
      guard angle.isFinite else {
        throw StreamFault(.degrees, "an angle of \(angle.angle)", "Angles are finite numbers.")
      }
      // Of one sign, so that -90 and 270 are found to be the same.
      let remainder = angle.truncatingRemainder(dividingBy: 360)
      let turn = remainder < 0 ? remainder + 360 : remainder
      if turn == 0 && angle != 0 {
        throw StreamFault(.degrees, "a turn by \(angle.angle) leaves images as they are", "Write 0, or another angle.")
      }
      if let other = seen[turn] {
        throw StreamFault(
          .degrees,
          other == angle ? "\(angle.angle) twice" : "\(other.angle) and \(angle.angle) are the same turn",
          "Each task needs an angle of its own.")
      }
      seen[turn] = angle
    }
  }

  private func checkDegradations() throws(StreamFault) {
    if degradations.count < 2 {
      throw StreamFault.oneTask(.degradations, "List what each task does, as degradations: [none, gaussian-noise/3].")
    }
    // Compared as what they are, since a name may be written in several ways.
    var seen: Set<Degradation?> = []
    for name in degradations {
      guard seen.insert(try Self.degradation(name)).inserted else {
        throw StreamFault(.degradations, "degradation \(name) twice", "Two tasks that do the same are one task.")
      }
    }
  }

  private func checkFolders() throws(StreamFault) {
    if folders.count < 2 {
      throw StreamFault.oneTask(.folders, "List two folders or more, or use kind class-split for one.")
    }
    if folders.contains("") {
      throw StreamFault(.folders, "a folder without a name", "Each of folders is the path of one.")
    }
    if let name = Self.repeated(folders) {
      throw StreamFault(.folders, "folder \(name) twice", "Each folder is one task.")
    }
  }

  /// What a name stands for; nil for no degradation.
  private static func degradation(_ name: String) throws(StreamFault) -> Degradation? {
    do {
      return name == PixelView.none ? nil : try Degradation(name)
    } catch {
      let error = DataError(path: "stream", error: error)
      throw StreamFault(.degradations, error.reason, error.advice)
    }
  }

  static func error(_ reason: String, _ advice: String = "") -> DataError {
    DataError(code: .badData, path: "stream", reason: reason, advice: advice)
  }

  static func badBlur(_ blur: Double) -> DataError {
    error("an online blur of \(blur)", "It is counted in task lengths, from 0 to 1.")
  }

  private static func repeated(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }
}
