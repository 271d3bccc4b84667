import ImageData
import OrderedCollections
import ResidualNets

/// One thing to learn, in the order of a run.
enum Lesson: Hashable {
  /// The trunk, from images that belong to no task.
  case pretraining(classCount: Int)
  case task(Int, classCount: Int)

  var name: String {
    switch self {
    case .pretraining: "pre-training"
    case .task(let index, _): "task \(index + 1)"
    }
  }

  var isTask: Bool {
    if case .task = self { true } else { false }
  }

  /// Whether the trunk learns here first, unless it was pre-trained.
  var isFirst: Bool {
    switch self {
    case .pretraining: true
    case .task(let index, _): index == 0
    }
  }

  var classCount: Int {
    switch self {
    case .pretraining(let classCount), .task(_, let classCount): classCount
    }
  }
}

/// How long lessons are.
struct LessonLengths {
  /// Epochs of pre-training and of the task on which the trunk learns first.
  let trunk: Int
  let later: Int

  init(_ training: Configuration.Training) { (trunk, later) = (training.trunkEpochs, training.epochs) }
}

/// What a lesson trains.
struct Assignment {
  /// What its batches are made of, and what the network answers.
  let learning: any Learning
  /// What the optimizer may move, by name.
  let parameters: OrderedDictionary<String, Parameter>
  let epochs: Int
  /// What is learned from, targets being numbers of outputs; nil for the lesson's own images.
  let images: (any LabelledImages)?

  init(
    _ learning: any Learning, training modules: [(String, any Module)], epochs: Int,
    on images: (any LabelledImages)? = nil
  ) {
    self.learning = learning
    self.epochs = epochs
    self.images = images
    parameters = trainableParameters(of: modules.map { (name: $0.0, module: $0.1) })
  }
}
