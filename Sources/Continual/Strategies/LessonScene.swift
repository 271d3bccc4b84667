import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

/// What a strategy may look at before and after the steps of a lesson.
struct LessonScene {
  let lesson: Lesson
  let models: TaskModels
  let material: LessonMaterial
  let assignment: Assignment
  let rehearsal: Rehearsal
  /// The random stream of the lesson.
  let stream: RandomStream
  var precisions = Configuration.Precisions()
}

extension LessonScene {
  /// The mean over images of something that each image says about each of `parameters`.
  ///
  /// Images come one by one, as they are (nothing augments them), through the network in evaluation mode.
  /// - Parameters:
  ///   - samples: at most so many of the lesson's images are asked, drawn without replacement.
  ///   - purpose: names what they are drawn from.
  ///   - quantity: of an image's logits 1×K, those of the lesson's own outputs, and the parameters' values; one tensor for
  ///     each parameter.
  func meanOverImages(
    _ samples: Int, drawnFor purpose: String, of parameters: OrderedDictionary<String, Parameter>,
    _ quantity: (_ logits: Tensor, _ values: [Tensor]) throws -> [Tensor]
  ) throws -> ParameterTable {
    let values = parameters.values.map(\.value)
    let places = stream.stream(purpose).permutation(material.images.count).prefix(samples)
    var sums = try Array(parameters.zeros().values)
    for place in places {
      let inputs = try material.images.pixels([place], on: rehearsal.device)
      let outputs = [material.images.target(place)]
      for group in try assignment.learning.answers(inputs, outputs, .evaluation, draws: nil).groups {
        sums = try zip(sums, quantity(group.logits, values)).map { try $0 + $1 }
      }
    }
    return try ParameterTable(
      uniqueKeysWithValues: zip(parameters.keys, sums).map { ($0, try $1 / Double(places.count)) })
  }
}
