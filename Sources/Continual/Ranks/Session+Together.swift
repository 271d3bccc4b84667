import Distributed
import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles

/// Where rank 0 stands in a lesson that all ranks learn from together: all that a rank needs to take part.
struct SharedLesson: Codable {
  let number: Int
  let networks: SharedNetworks
  let strategy: OrderedDictionary<String, HostTensor>
  let optimizer: OrderedDictionary<String, HostTensor>
  let progress: LessonProgress
}

extension Session {
  /// Whether the ranks, however many, learn from each batch of a lesson together.
  func isShared(_ lesson: Lesson, _ assignment: Assignment) -> Bool {
    configuration.compute.dataParallel && configuration.sharingObstacle == nil && !strategy.learnsApart(lesson)
      && assignment.learning.pixelNetwork != nil && !assignment.parameters.isEmpty
  }

  /// Those who learn a lesson together; nil where this rank does alone.
  func companions(_ lesson: Lesson, _ assignment: Assignment) -> Communicator? {
    ranks.size > 1 && isShared(lesson, assignment) ? ranks : nil
  }

  /// Has the other ranks learn a lesson together with this one, which is rank 0, from where it stands.
  func lead(_ lesson: Int, _ optimizer: any Optimizer, _ progress: LessonProgress) throws {
    try ranks.lead {
      try .train(
        SharedLesson(
          number: lesson, networks: sharedNetworks(), strategy: strategy.state(), optimizer: optimizer.state(),
          progress: progress))
    }
    // The networks of all ranks move from here on.
    sentFiles = [:]
  }

  /// Learns a lesson together with rank 0 and the others.
  func follow(_ shared: SharedLesson) throws {
    try build(lessons: shared.networks.lessons)
    let lesson = lessons[shared.number]
    let stream = lessonStream(shared.number)
    let assignment = try strategy.begin(lesson, models, stream: stream)
    try load(shared.networks)
    try strategy.load(shared.strategy)
    let optimizer = try configuration.training.optimizer.makeOptimizer(for: assignment.parameters)
    try optimizer.load(shared.optimizer)
    var progress = shared.progress
    try train(
      scene(lesson, assignment, stream), optimizer, &progress, among: companions(lesson, assignment),
      append: { _ in }, save: nil)
    try settleModules()
  }

  /// Remembers over how many ranks the steps are taken, which their last bits depend on.
  func noteTrainingRanks() {
    guard trainingRanks.last != ranks.size else { return }
    if let before = trainingRanks.last {
      observer.warn(
        "trained over \(before) rank\(before == 1 ? "" : "s") so far, and from here on over \(ranks.size): the result "
          + "may differ in its last bits from that of either; results.json says trainingRanks "
          + (trainingRanks + [ranks.size]).map(String.init).joined(separator: ", "))
    }
    trainingRanks.append(ranks.size)
  }
}
