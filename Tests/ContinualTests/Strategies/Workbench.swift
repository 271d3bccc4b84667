import Foundation
import ImageData
import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

@testable import Continual

/// A strategy at work by hand, lesson by lesson and step by step, each step on all images of its lesson.
struct Workbench {
  let session: Session

  init(_ configuration: Configuration, in folder: URL) throws {
    session = try Session(
      configuration, RunFolder(folder, .fresh), RunMaterial(configuration, observer: SilentObserver()),
      observer: SilentObserver(), interruption: Interruption())
  }

  var strategy: any LearningStrategy { session.strategy }
  var models: TaskModels { session.models }

  /// Begins and prepares the lesson of a task.
  func open(_ task: Int) throws -> LessonScene {
    let (lesson, stream) = (session.lessons[task], session.lessonStream(task))
    let assignment = try strategy.begin(lesson, models, stream: stream)
    let images = models.layout.images(of: task..<task + 1, in: session.stream)
    let all = models.layout.images(of: 0..<session.stream.tasks.count, in: session.stream)
    let order = BatchOrder(indices: Array(0..<images.count), batchSize: images.count, shuffle: nil)
    let scene = LessonScene(
      lesson: lesson, models: models, material: LessonMaterial(images: images, order: order), assignment: assignment,
      rehearsal: Rehearsal(
        images: all, place: { all.place(of: $0, inPart: task) },
        augmentation: session.configuration.training.augmentation, device: .cpu),
      stream: stream)
    try strategy.prepare(scene)
    return scene
  }

  func step(_ scene: LessonScene, _ number: Int = 0) throws -> LearningStep {
    let places = Array(0..<scene.material.images.count)
    let (inputs, outputs) = try scene.rehearsal.inputs(places.compactMap(scene.rehearsal.place), nil)
    return LearningStep(
      lesson: scene.lesson, number: number,
      batch: LearningBatch(epoch: number, number: 0, places: places, inputs: inputs, outputs: outputs),
      learning: scene.assignment.learning,
      objective: try Objective(session.configuration.training), rehearsal: scene.rehearsal,
      stream: scene.stream)
  }

  /// Plain gradient descent with the strategy's hooks.
  func learn(_ scene: LessonScene, steps: Int, rate: Double) throws {
    let optimizer = try OptimizerDescription(momentum: 0, weightDecay: 0).makeOptimizer(
      for: scene.assignment.parameters)
    for number in 0..<steps {
      let step = try step(scene, number)
      let gradients = try strategy.direction(
        optimizer.gradients(of: strategy.loss(step)), optimizer.parameters, step)
      try optimizer.step(gradients: gradients, rate: rate)
      try strategy.took(step, gradients, optimizer.parameters)
    }
  }

  /// Concludes and completes a lesson.
  func close(_ scene: LessonScene) throws {
    try strategy.conclude(scene)
    try strategy.complete(scene.lesson, models, stream: scene.stream)
    try models.settleHeads()
  }

  /// Values of the strategy's state under a name, by parameter.
  func table(_ name: String) throws -> OrderedDictionary<String, [Double]> {
    let state = try strategy.state().filter { $0.key.hasPrefix(name + ".") }
    return try OrderedDictionary(
      uniqueKeysWithValues: state.map { (String($0.key.dropFirst(name.count + 1)), try Tensor($0.value).doubles()) })
  }
}

extension Configuration {
  /// Two tasks of two classes, and a network without batch norm, so that training and evaluation see the same function.
  static func bench(
    _ data: URL, _ kind: Strategy.Kind, _ scenario: Strategy.ScenarioChoice = .classes,
    _ change: (inout Configuration) -> Void = { _ in }
  ) throws -> Configuration {
    try tiny(data) {
      $0.network = NetworkDescription(architecture: .mlp, depth: 2, width: 8, norm: .none)
      $0.strategy.kind = kind
      $0.strategy.scenario = scenario
      change(&$0)
    }
  }
}
