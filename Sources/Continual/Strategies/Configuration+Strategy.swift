import ImageData
import RandomStreams

extension Configuration.Strategy {
  /// The scenario that this strategy meets on a stream.
  func scenario(on stream: TaskStream) -> Scenario {
    switch scenario {
    case .automatic: stream.online == nil ? .task : .classes
    case .task: .task
    case .domain: .domain
    case .classes: .classes
    }
  }
}

extension Configuration.Strategy.Kind {
  var traits: StrategyTraits {
    switch self {
    case .adapters: AdapterStrategy.traits
    case .sharedAdapter: SharedAdapterStrategy.traits
    case .fineTuning: FineTuning.traits
    case .joint: JointTraining.traits
    case .cumulative: CumulativeTraining.traits
    case .replay: ExperienceReplay.traits
    case .darkReplay: DarkExperienceReplay.traits
    case .averagedGEM: AveragedGEM.traits
    case .gdumb: GDumb.traits
    case .ewc: ElasticWeightConsolidation.traits
    case .si: SynapticIntelligence.traits
    case .mas: MemoryAwareSynapses.traits
    case .lwf: LearningWithoutForgetting.traits
    case .nearestClassMean: ClosedFormStrategy.traits
    case .randomProjection: ClosedFormStrategy.expandingTraits
    case .separate: SeparateNetworks.traits
    }
  }

  /// Whether what an old task uses can never change, so that `verify` has something to verify.
  public var promisesNonForgetting: Bool { traits.promisesNonForgetting }
}

extension Configuration {
  /// Whether tasks learn from features of the trunk that are computed once, rather than from pixels.
  var learnsFromFeatures: Bool { strategy.kind.traits.adaptsTrunk && strategy.adapter.kind == .side }

  /// - Throws: `RunError.unusable` for a strategy that cannot learn such a stream.
  func makeStrategy(for stream: TaskStream) throws -> any LearningStrategy {
    try requireSense(stream)
    if let obstacle = objectiveObstacle {
      throw RunError.unusable(reason: "training \(obstacle.problem): \(obstacle.advice)")
    }
    let lengths = LessonLengths(training)
    let imageCount = stream.tasks.reduce(0) { $0 + $1.train.count }
    switch strategy.kind {
    case .adapters, .sharedAdapter:
      if learnsFromFeatures {
        guard !training.augmentation.changesSamples else { throw FeatureLearning.augmentationError }
        try FeatureLearning.requireBatches(of: training.batchSize, strategy.adapter, in: network)
      }
      let adaptation = TrunkAdaptation(
        trunkLearnsFirstTask: strategy.trunk == .firstTask, description: strategy.adapter, lengths: lengths)
      return strategy.kind == .adapters ? AdapterStrategy(adaptation) : SharedAdapterStrategy(adaptation)
    case .fineTuning: return FineTuning(lengths)
    case .joint: return JointTraining(stream, lengths)
    case .cumulative: return CumulativeTraining(stream, lengths)
    case .replay: return ExperienceReplay(strategy.memory, imageCount: imageCount, lengths)
    case .darkReplay: return DarkExperienceReplay(strategy.memory, imageCount: imageCount, lengths)
    case .averagedGEM:
      return AveragedGEM(
        strategy.memory, imageCount: imageCount, announcesTasks: stream.online == nil, lengths)
    case .gdumb:
      return try GDumb(
        stream, OutputLayout(stream, strategy.scenario(on: stream)), strategy.memory, lengths,
        random: RandomStream(seed: seed).stream("gdumb"))
    case .ewc: return ElasticWeightConsolidation(strategy.regularization, lengths)
    case .si: return SynapticIntelligence(strategy.regularization, lengths)
    case .mas: return MemoryAwareSynapses(strategy.regularization, lengths)
    case .lwf: return LearningWithoutForgetting(strategy.distillation, lengths)
    case .nearestClassMean:
      return ClosedFormStrategy(
        ClassMeans(), trunkLearnsFirstTask: strategy.trunk == .firstTask, lengths: lengths)
    case .randomProjection:
      return ClosedFormStrategy(
        RidgeRegression(ridge: strategy.projection.ridge), expandingTo: strategy.projection.features,
        trunkLearnsFirstTask: strategy.trunk == .firstTask, lengths: lengths)
    case .separate: return SeparateNetworks(lengths, images: stream.tasks.map(\.train))
    }
  }

  private func requireSense(_ stream: TaskStream) throws {
    let (kind, scenario) = (strategy.kind, strategy.scenario(on: stream))
    func list(_ kinds: (Strategy.Kind) -> Bool) -> String {
      Strategy.Kind.allCases.filter(kinds).map(\.rawValue).joined(separator: ", ")
    }
    guard stream.online == nil || kind.traits.learnsOnline else {
      throw RunError.unusable(
        reason:
          "strategy.kind \(kind.rawValue) has to know where a task ends, and data.stream.online does not tell: use "
          + list(\.traits.learnsOnline) + ", or leave out online")
    }
    guard kind.traits.scenarios.contains(scenario) else {
      throw RunError.unusable(
        reason: "strategy.kind \(kind.rawValue) cannot learn strategy.scenario \(scenario.rawValue); these can: "
          + list { $0.traits.scenarios.contains(scenario) })
    }
    guard !kind.traits.keepsImages || scenario != .task || training.augmentation.mixup == 0 else {
      throw RunError.unusable(
        reason: "strategy.kind \(kind.rawValue) learns from images of several tasks at once, which have heads of their "
          + "own here: leave out training.augmentation.mixup")
    }
    guard !kind.traits.keepsLogits || training.augmentation.mixup == 0 else {
      throw RunError.unusable(
        reason: "strategy.kind \(kind.rawValue) keeps logits of single images: leave out training.augmentation.mixup")
    }
    _ = try strategy.inferenceRule(scenario)
    guard !kind.traits.separatesTasks || strategy.trunk == .firstTask else {
      throw RunError.unusable(
        reason:
          "with strategy.kind \(kind.rawValue) each network learns from its own task alone: leave strategy.trunk first-task"
      )
    }
    if strategy.trunk == .rotation { try TurnedImages.requireSquare(stream.shape) }
    guard stream.online != nil else { return }
    guard strategy.trunk != .rotation else {
      throw RunError.unusable(
        reason:
          "strategy.trunk rotation learns from the first task's images, and an online stream does not say which they "
          + "are: use first-task, folder or weights")
    }
    guard scenario != .task else {
      throw RunError.unusable(
        reason:
          "an online stream does not say which task an image is of: strategy.scenario has to be class-incremental or "
          + "domain-incremental")
    }
    guard training.epochs == 1, training.steps == nil, strategy.trunk == .folder || training.trunkEpochs == 1 else {
      throw RunError.unusable(
        reason: "an online stream is seen once: set training.epochs and, without a pre-training folder, "
          + "training.trunkEpochs to 1, and leave out training.steps")
    }
  }
}
