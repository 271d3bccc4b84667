import ImageData
import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

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
}

/// What a lesson trains.
struct Assignment {
  /// What its batches are made of, and their logits.
  let learning: any Learning
  /// What the optimizer may move, by name.
  let parameters: OrderedDictionary<String, Parameter>
  let epochs: Int

  /// A network that learns from pixels.
  init(_ network: TaskNetwork, training modules: [(String, any Module)], epochs: Int) {
    self.init(PixelLearning(network: network), training: modules, epochs: epochs)
  }

  init(_ learning: any Learning, training modules: [(String, any Module)], epochs: Int) {
    self.learning = learning
    self.epochs = epochs
    parameters = trainableParameters(of: modules.map { (name: $0.0, module: $0.1) })
  }
}

/// A way to learn tasks one after another: what is new for a task, what is trained, and what is frozen afterwards.
protocol LearningStrategy {
  /// How the task of an image is inferred where nobody gives it.
  var inference: InferenceRule { get }

  /// Makes what the lesson needs, deterministically from `stream`, and says what to train.
  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment

  /// Freezes what the lesson has settled.
  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws
}

extension LearningStrategy {
  var inference: InferenceRule { .lowestEntropy }
}

extension Configuration {
  /// - Throws: `RunError.unusable` for a strategy that cannot learn such a stream.
  func makeStrategy(for stream: TaskStream) throws -> any LearningStrategy {
    if stream.online != nil {
      guard strategy.kind == .fineTuning else {
        throw RunError.unusable(
          reason: "strategy.kind \(strategy.kind.rawValue) has to know where a task ends, and data.stream.online does "
            + "not tell: use fine-tuning, or leave out online")
      }
      guard training.epochs == 1, strategy.trunk == .folder || training.trunkEpochs == 1 else {
        throw RunError.unusable(
          reason: "an online stream is seen once: set training.epochs and, without a pre-training folder, "
            + "training.trunkEpochs to 1")
      }
      return OnlineFineTuning(outputs: stream.outputs, pretrainingEpochs: training.trunkEpochs)
    }
    switch strategy.kind {
    case .adapters:
      guard strategy.adapter.kind != .side || !training.augmentation.changesSamples else {
        throw FeatureLearning.augmentationError
      }
      return AdapterStrategy(
        trunkLearnsFirstTask: strategy.trunk == .firstTask, description: strategy.adapter,
        trunkEpochs: training.trunkEpochs, epochs: training.epochs)
    case .fineTuning: return FineTuning(firstEpochs: training.trunkEpochs, epochs: training.epochs)
    }
  }
}
