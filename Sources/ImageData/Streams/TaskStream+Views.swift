import RandomStreams

extension TaskStream {
  /// One folder seen in several orders of its pixels (Goodfellow et al., "An empirical investigation of catastrophic
  /// forgetting in gradient-based neural networks", 2013). Train and test of a task share its order.
  ///
  /// - Throws: `DataError` if two orders are the same, as happens to tiny images.
  static func permuted(
    _ folder: ImageFolder, _ description: StreamDescription, _ random: RandomStream
  ) throws -> TaskStream {
    let shape = folder.train.shape
    guard shape.height * shape.width > 1 else {
      throw DataError(
        code: .badData, path: folder.root, reason: "images of one pixel cannot be permuted",
        advice: "Use stream.kind: class-split or degraded.")
    }
    var seen: [PixelPermutation] = []
    let views: [(name: String, train: PixelView, test: PixelView)] = try (0..<description.tasks).map { task in
      let number = task + 1
      if task == 0 && description.firstIsStored { return ("permutation 1 (as stored)", .stored, .stored) }
      let order = PixelPermutation(height: shape.height, width: shape.width, stream: random.stream(task))
      guard !seen.contains(order), !(description.firstIsStored && order.isIdentity) else {
        throw DataError(
          code: .badData, path: folder.root,
          reason: "of \(description.tasks) orders drawn for images of \(shape) two are the same",
          advice: "Ask for fewer tasks, use larger images, or take another seed.")
      }
      seen.append(order)
      return ("permutation \(number)", .permuted(order), .permuted(order))
    }
    return try viewed(
      folder, description, views,
      "\(views.count) tasks, each with its own order of the pixels"
        + (description.firstIsStored ? ", the first as stored" : ""))
  }

  /// One folder turned by several angles (Lopez-Paz and Ranzato, "Gradient episodic memory", 2017).
  static func rotated(
    _ folder: ImageFolder, _ description: StreamDescription, _ random: RandomStream
  ) throws -> TaskStream {
    let drawn = description.degrees.isEmpty
    let angles = drawn ? drawnAngles(description, random) : description.degrees
    let views = angles.map { angle -> (name: String, train: PixelView, test: PixelView) in
      let view: PixelView = angle == 0 ? .stored : .rotated(Rotation(degrees: angle))
      return ("rotated by \(angle.angle)", view, view)
    }
    return try viewed(
      folder, description, views, "\(views.count) tasks, each turned by its own angle, \(drawn ? "drawn" : "as given")")
  }

  /// One folder degraded in several ways. Noise is drawn per split, task and image, so that no image of any task shares
  /// its noise with another, and each keeps its own in every epoch.
  static func degraded(
    _ folder: ImageFolder, _ description: StreamDescription, _ random: RandomStream
  ) throws -> TaskStream {
    let views = try description.degradations.enumerated().map {
      task, name -> (name: String, train: PixelView, test: PixelView) in
      if name == PixelView.none { return ("not degraded", .stored, .stored) }
      let degradation = try Degradation(name)
      func view(_ split: String) -> PixelView { .degraded(degradation, random.stream(split).stream(task)) }
      return (name, view("train"), view("test"))
    }
    return try viewed(folder, description, views, "\(views.count) tasks, each degraded in its own way")
  }

  private static func viewed(
    _ folder: ImageFolder, _ description: StreamDescription,
    _ views: [(name: String, train: PixelView, test: PixelView)], _ words: String
  ) throws -> TaskStream {
    let own = try ordered(folder, description.classes.isEmpty ? .natural : .given(description.classes))
    let names = own.map { folder.classes[$0] }
    let (train, test) = (TaskImages(folder.train, of: own), TaskImages(folder.test, of: own))
    let tasks = views.map { view in
      ImageTask(
        name: view.name, classes: own, classNames: names, train: train.seen(as: view.train),
        test: test.seen(as: view.test))
    }
    return TaskStream(
      kind: description.kind, tasks: tasks, classes: folder.classes, folders: [folder], description: words)
  }

  /// Hundredths of a degree below 180, all different, so that people can write them down.
  private static func drawnAngles(_ description: StreamDescription, _ random: RandomStream) -> [Double] {
    var angles: [Int] = description.firstIsStored ? [0] : []
    var counter: UInt64 = 0
    while angles.count < description.tasks {
      let angle = random.integer(below: 18000, at: counter)
      counter += 1
      if !angles.contains(angle) { angles.append(angle) }
    }
    return angles.map { Double($0) / 100 }
  }
}

extension PixelPermutation {
  /// Whether every pixel stays where it is.
  fileprivate var isIdentity: Bool { order.elementsEqual(0..<UInt32(order.count)) }
}
