import ResidualNets
import TensorFiles

extension Session {
  /// The networks as they are; on rank 0.
  func sharedNetworks() throws -> SharedNetworks {
    var files = try models.files()
    for (file, part) in models.storedParts where sentFiles[file] == nil { files[file] = try part.tensors() }
    for (file, tensors) in files {
      let digest = TensorDigest.digests([file: tensors]).values.joined()
      if sentFiles.updateValue(digest, forKey: file) == digest { files[file] = nil }
    }
    return SharedNetworks(lessons: learnedLessons, files: files)
  }

  /// Makes the networks what rank 0's are.
  func adopt(_ networks: SharedNetworks) throws {
    try build(lessons: networks.lessons)
    try load(networks)
  }

  /// Loads rank 0's tensors into the modules that are there.
  func load(_ networks: SharedNetworks) throws {
    for (file, module) in models.modules {
      if let tensors = networks.files[file] { try module.load(tensors) }
    }
  }

  /// Makes the modules of lessons that were learned elsewhere, or in an earlier run.
  /// - Parameter fill: called with a lesson when its modules are there, before those of the next one are made.
  func build(lessons count: Int, fill: (Int) throws -> Void = { _ in }) throws {
    while learnedLessons < count {
      let lesson = learnedLessons
      _ = try strategy.begin(lessons[lesson], models, stream: lessonStream(lesson))
      try settleModules()
      try fill(lesson)
    }
  }

  /// A lesson's modules are there for good: freezes them, and makes room for what is said of the task.
  func settleModules() throws {
    let lesson = lessons[learnedLessons]
    try strategy.complete(lesson, models, stream: lessonStream(learnedLessons))
    try addStatistics(lesson)
    learnedLessons += 1
  }
}
