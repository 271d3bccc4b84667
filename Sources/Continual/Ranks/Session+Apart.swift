import Distributed
import Foundation
import ResidualNets
import TensorFiles

extension Session {
  /// Whether the lessons from here on can be learned apart from each other.
  private func learnsApart(from lesson: Int) -> Bool { lessons[lesson...].allSatisfy(strategy.learnsApart) }

  /// Learns the lessons that are left with the other ranks, each on whichever is free, where they do not depend on each
  /// other. What is learned waits in the folder of checkpoints for its turn.
  ///
  /// On rank 0, where a session goes through the lessons in order, another one learns.
  func learnAhead(from first: Int) throws {
    guard first < lessons.count, learnsApart(from: first) else { return }
    let store = try lessonStore(before: first)
    ahead = store
    guard ranks.size > 1, lessons.count - first > 1 else { return }
    let apprentice = try Session(
      configuration, RunFolder(ofRank0: folder.url), material, observer: observer, interruption: interruption,
      ranks: ranks)
    try apprentice.adopt(SharedNetworks(lessons: learnedLessons, files: models.files()))
    try ranks.lead { .learn(from: first, try sharedNetworks()) }
    var done = 0
    try apprentice.learnApart(
      from: first,
      isKnown: { lesson in
        let isKnown = store.read(lesson) != nil
        done += isKnown ? 1 : 0
        return isKnown
      },
      arrived: { lesson, learned in
        try store.write(learned, lesson)
        done += 1
        observer.progress("learn tasks", done: done, of: lessons.count - first, unit: "tasks")
      })
  }

  /// Learns lessons with the other ranks; each begins with the networks that they all begin with.
  func learnApart(
    from first: Int, isKnown: (Int) -> Bool = { _ in false },
    arrived: (Int, LearnedLesson) throws -> Void = { _, _ in }
  ) throws {
    try ranks.share(
      count: lessons.count - first, isKnown: { isKnown(first + $0) }, work: { try learnAlone(first + $0) },
      arrived: { try arrived(first + $0, $1) })
  }

  /// Learns a lesson whose predecessors are made, not learned.
  private func learnAlone(_ lesson: Int) throws -> LearnedLesson {
    try build(lessons: lesson)
    let stream = lessonStream(lesson)
    let assignment = try strategy.begin(lessons[lesson], models, stream: stream)
    let scene = try scene(lessons[lesson], assignment, stream)
    let optimizer = try configuration.training.optimizer.makeOptimizer(for: assignment.parameters)
    try strategy.prepare(scene)
    let before = trainSeconds
    var progress = LessonProgress()
    var events: [String] = []
    try train(
      scene, optimizer, &progress, append: { events.append(try EventLog.line(of: $0)) }, save: nil)
    let learned = LearnedLesson(
      tensors: try part(of: lessons[lesson]).state(), progress: progress, events: events,
      seconds: trainSeconds - before)
    try settleModules()
    return learned
  }

  /// Goes on as if a lesson had just been learned here.
  func take(_ learned: LearnedLesson, _ lesson: Lesson, _ events: EventLog) throws -> LessonProgress {
    try part(of: lesson).load(learned.tensors)
    for line in learned.events { try events.append(line: line) }
    trainSeconds += learned.seconds
    return learned.progress
  }

  private func part(of lesson: Lesson) throws -> TaskPart {
    guard case .task(let task, _) = lesson else {
      throw RunError.unusable(reason: "\(lesson.name) cannot be learned apart from the others")
    }
    return try models.parts[task]
  }

  /// What was learned before its turn beside the trunk as it is.
  private func lessonStore(before first: Int) throws -> LearnedLessonStore {
    let trunk = TensorDigest.digests([TaskModels.trunkFile: try models.trunk.state()]).values.joined()
    let data = material.digests.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: " ")
    let arithmetic = promises.arithmetic.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: " ")
    return LearnedLessonStore(
      root: folder.checkpoints,
      identity: TensorDigest.digest(
        [try configuration.trainingDigest(), trunk, data, arithmetic].joined(separator: "\n")))
  }
}
