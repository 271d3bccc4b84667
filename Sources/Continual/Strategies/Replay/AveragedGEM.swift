import OrderedCollections
import ResidualNets
import TorchCore

/// A-GEM: no step may go against the gradient of the loss on some images of a memory.
///
/// Source: Chaudhry et al., "Efficient lifelong learning with A-GEM", 2019. As there, the memory holds images of
/// earlier tasks alone: a lesson's images are offered to it when the lesson ends, so that it is a uniform sample of all
/// that was learned. Where nobody says where a task ends, each image is offered when it is seen (A-GEM-R of Buzzega et
/// al. 2020).
final class AveragedGEM: ReservoirStrategy {
  static let traits = StrategyTraits(
    scenarios: Set(Scenario.allCases), learnsOnline: true, keepsImages: true)

  let lengths: LessonLengths
  private let batchSize: Int
  private let announcesTasks: Bool
  var memory: ReplayBuffer

  /// - Parameters:
  ///   - imageCount: training images of all tasks.
  ///   - announcesTasks: whether anybody says where a task ends.
  init(_ settings: Configuration.Memory, imageCount: Int, announcesTasks: Bool, _ lengths: LessonLengths) {
    batchSize = settings.batchSize
    memory = ReplayBuffer(size: settings.size, imageCount: imageCount)
    self.announcesTasks = announcesTasks
    self.lengths = lengths
  }

  func direction(
    _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>, _ step: LearningStep
  ) throws -> [Tensor] {
    guard !memory.isEmpty else { return gradients }
    let old = try step.recalled(memory.sample(batchSize, step.draws("memory")), "memory")
    let values = parameters.values.map(\.value)
    let own = try TorchCore.gradients(
      of: step.loss(of: old.inputs, old.outputs, "reference"), withRespectTo: values)
    let reference = try step.sum(zip(own, values).map { try $0 ?? $1.zerosLike() })
    return try Self.projected(gradients, reference)
  }

  /// g − (g·r / r·r) r where g·r < 0, else g: the nearest direction along which the loss of the reference r does not
  /// rise. In fp64, since the squares of what a memory that is known by heart gives vanish in fp32.
  static func projected(_ g: [Tensor], _ r: [Tensor]) throws -> [Tensor] {
    let agreement = try dot(g, r)
    guard agreement < 0 else { return g }
    let share = try agreement / dot(r, r)
    return try zip(g, r).map { try ($0.to(.float64) - $1.to(.float64) * share).to($0.dtype) }
  }

  private static func dot(_ a: [Tensor], _ b: [Tensor]) throws -> Double {
    try Tensor.stacked(zip(a, b).map { try ($0.to(.float64) * $1.to(.float64)).sum() }).sum().item()
  }

  func took(_ step: LearningStep, _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>) throws {
    guard !announcesTasks else { return }
    for place in step.rehearsalPlaces { memory.offer(place, step.stream.stream("reservoir")) }
  }

  func conclude(_ scene: LessonScene) throws {
    guard announcesTasks, scene.lesson.isTask else { return }
    for place in (0..<scene.material.images.count).compactMap(scene.rehearsal.place) {
      memory.offer(place, scene.stream.stream("reservoir"))
    }
  }
}
