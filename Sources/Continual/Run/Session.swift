import Distributed
import Foundation
import ImageData
import Lipschitz
import OrderedCollections
import RandomStreams
import Results
import TensorFiles

/// One strategy on one stream of tasks in one run folder: learn, evaluate, checkpoint, task after task.
final class Session {
  let configuration: Configuration
  let folder: RunFolder
  let stream: TaskStream
  let benchmarks: [TaskBenchmark]
  let models: TaskModels
  let store: CheckpointStore
  /// The checkpoint that the run stands on: restored from, or written last.
  var checkpoint: CheckpointStore.Entry?
  let strategy: any LearningStrategy
  let observer: any RunObserver
  let material: RunMaterial
  let evaluator: Evaluator
  /// How tasks are inferred; nil where nobody has to know them.
  let rule: InferenceRule?
  /// Of a stream without announced boundaries.
  let online: OnlinePass?
  let rehearsedImages: JoinedImages
  var record: EvaluationRecord
  var promises: Promises
  /// By task, the bound that its certificates were issued with when it was learned; nil where it has none, or is not
  /// learned yet.
  var issued: [IssuedBound?]
  var trainSeconds = 0.0
  /// Of a lesson that was resumed within: made by `restore`, used by `learn`.
  var resumedAssignment: Assignment?
  /// The processes that share the work. Rank 0 leads, and writes.
  let ranks: Communicator
  /// How many lessons' modules are there for good.
  var learnedLessons = 0
  /// By file, the digest of what the other ranks have.
  var sentFiles: [String: String] = [:]
  /// Over how many ranks steps were taken that ranks took together, each number where it changed.
  var trainingRanks: [Int] = []
  /// What was learned before its turn; nil while nothing can be.
  var ahead: LearnedLessonStore?

  let interruption: Interruption
  /// Throws `RunError.interrupted` where someone asked to stop. What is learned is in a checkpoint by then.
  let stopIfAsked: () throws -> Void
  let root: RandomStream

  init(
    _ configuration: Configuration, _ folder: RunFolder, _ material: RunMaterial, observer: any RunObserver,
    interruption: Interruption, ranks: Communicator = .single
  ) throws {
    self.configuration = configuration
    self.folder = folder
    self.material = material
    self.observer = observer
    self.interruption = interruption
    self.ranks = ranks
    stream = material.stream
    root = RandomStream(seed: configuration.seed)
    strategy = try configuration.makeStrategy(for: material.stream)
    let layout = try OutputLayout(material.stream, configuration.strategy.scenario(on: material.stream))
    rule = try configuration.strategy.inferenceRule(layout.scenario)
    rehearsedImages = layout.images(of: 0..<material.stream.tasks.count, in: material.stream)
    online = try OnlinePass(
      material.stream, rehearsedImages, batchSize: configuration.training.batchSize, random: root.stream("online"))
    benchmarks = material.benchmarks
    models = try TaskModels(
      trunk: material.makeTrunk(configuration, stream: root.stream("trunk"), observer: observer), layout: layout,
      device: material.device)
    record = EvaluationRecord(tasks: stream.tasks.count)
    issued = Array(repeating: nil, count: stream.tasks.count)
    promises = Promises(arithmetic: Environment(configuration).arithmetic)
    store = CheckpointStore(root: folder.checkpoints)
    stopIfAsked = { if interruption.isRaised { throw RunError.interrupted(folder: folder.url.path) } }
    evaluator = Evaluator(
      configuration.evaluation, searching: configuration.compute.precision.search, benchmarks,
      stream: root.stream("evaluation"), observer: observer, stopIfAsked: stopIfAsked, ranks: ranks)
  }

  /// The lessons of this run.
  var lessons: [Lesson] {
    let tasks = stream.tasks.enumerated().map { Lesson.task($0, classCount: $1.classes.count) }
    return (material.pretraining.map { [.pretraining(classCount: $0.classCount)] } ?? []) + tasks
  }

  /// The random stream of a lesson.
  func lessonStream(_ lesson: Int) -> RandomStream { root.stream("lesson").stream(lesson) }

  /// Where the run stands: a lesson, and how far in it.
  struct Position {
    let lesson: Int
    /// nil: not begun.
    var progress: LessonProgress?
    var optimizer: OrderedDictionary<String, HostTensor> = [:]
    let eventOffset: Int
  }

  /// Learns what is not learned yet.
  /// - Throws: `RunError.interrupted` after saving a checkpoint.
  func run(resuming: Bool) throws {
    if configuration.compute.dataParallel, ranks.size > 1, let obstacle = configuration.sharingObstacle {
      observer.note("compute.dataParallel: rank 0 trains alone, because \(obstacle)")
    }
    var position = try resuming ? restore() : Position(lesson: 0, eventOffset: 0)
    let events = try EventLog(folder.metrics, keeping: position.eventOffset)
    while position.lesson < lessons.count {
      if position.progress == nil, ahead == nil { try learnAhead(from: position.lesson) }
      let carried = try learn(position, events)
      position = Position(lesson: position.lesson + 1, optimizer: carried, eventOffset: events.offset)
      if position.lesson < lessons.count { try stopIfAsked() }
    }
  }
}
