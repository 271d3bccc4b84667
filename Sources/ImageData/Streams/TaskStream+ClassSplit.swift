import RandomStreams

extension TaskStream {
  /// Tasks of equally many classes.
  ///
  /// - Throws: `DataError` if the classes do not divide evenly, or as `classSplit(_:sizes:order:)`.
  public static func classSplit(
    _ folder: ImageFolder, classesPerTask: Int, order: ClassOrder = .natural
  ) throws -> TaskStream {
    let count = try ordered(folder, order).count
    guard classesPerTask >= 1, count.isMultiple(of: classesPerTask) else {
      let divisors = (1...max(1, count)).filter { $0 >= 2 && count.isMultiple(of: $0) }.map(String.init)
      throw DataError(
        code: .badData, path: folder.root, reason: "\(count) classes do not divide into tasks of \(classesPerTask)",
        advice: divisors.isEmpty
          ? "It takes at least two classes."
          : "Tasks of \(divisors.joined(separator: ", ")) would divide them. Or list the classes to use.")
    }
    return try classSplit(
      folder, sizes: Array(repeating: classesPerTask, count: count / classesPerTask), order: order)
  }

  /// Tasks of the sizes given, dealt from the ordered classes one after another.
  ///
  /// - Throws: `DataError` if a task has fewer than two classes, the sizes do not add up to the classes, or an order
  ///   names a class twice or one that is not there.
  public static func classSplit(
    _ folder: ImageFolder, sizes: [Int], order: ClassOrder = .natural
  ) throws -> TaskStream {
    let classes = try ordered(folder, order)
    if let small = sizes.first(where: { $0 < 2 }) {
      throw DataError(
        code: .badData, path: folder.root, reason: "a task of \(small) classes",
        advice: "A task needs at least two, or there is nothing to tell apart.")
    }
    // Without overflow: no size in a valid list exceeds the number of classes.
    guard sizes.allSatisfy({ $0 <= classes.count }), sizes.reduce(0, +) == classes.count else {
      throw DataError(
        code: .badData, path: folder.root,
        reason: "tasks of \(sizes) classes do not add up to the \(classes.count) classes there")
    }
    var start = 0
    let tasks = sizes.map { size in
      let own = Array(classes[start..<start + size])
      start += size
      let names = own.map { folder.classes[$0] }
      return ImageTask(
        name: names.joined(separator: " + "), classes: own, classNames: names,
        train: TaskImages(folder.train, of: own), test: TaskImages(folder.test, of: own))
    }
    let even = Set(sizes).count == 1
    let shape = even ? "\(sizes.count) tasks of \(sizes[0]) classes" : "tasks of \(sizes) classes"
    return TaskStream(
      kind: .classSplit, tasks: tasks, classes: folder.classes, folders: [folder],
      description: "\(shape), classes \(order.words)")
  }

  /// The classes to deal, as indices.
  static func ordered(_ folder: ImageFolder, _ order: ClassOrder) throws -> [Int] {
    switch order {
    case .natural: return Array(folder.classes.indices)
    case .seeded(let stream): return stream.permutation(folder.classes.count)
    case .given(let names):
      var chosen: [Int] = []
      for name in names {
        guard let index = folder.classes.firstIndex(of: name) else {
          throw DataError(
            code: .badData, path: folder.root, reason: "no class named \(name)",
            advice: "There are: \(folder.classes.joined(separator: ", ")).")
        }
        guard !chosen.contains(index) else {
          throw DataError(code: .badData, path: folder.root, reason: "class \(name) is named twice in the order")
        }
        chosen.append(index)
      }
      return chosen
    }
  }
}

extension TaskStream.ClassOrder {
  fileprivate var words: String {
    switch self {
    case .natural: "in the folder's order"
    case .seeded: "in a seeded random order"
    case .given: "in the order given"
    }
  }
}
