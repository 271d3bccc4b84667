import RandomStreams
import ResidualNets

extension NetworkDescription {
  /// A classifier of a study's images with fresh parameters.
  func makeDepthSubject(of images: StudyImages, _ stream: RandomStream) throws -> TaskNetwork {
    let trunk = try makeTrunk(
      inputShape: images.inputShape, statistics: images.statistics, stream: stream.stream("trunk"))
    let head = try makeHead(
      features: trunk.featureCount, classCount: images.classCount, stream: stream.stream("head"))
    return TaskNetwork(trunk: trunk, adapter: nil, head: head)
  }
}

extension TaskNetwork {
  /// The same network in double precision.
  func inDoublePrecision() throws -> TaskNetwork {
    try trunk.mapTensors { try $0.to(.float64) }
    try head.mapTensors { try $0.to(.float64) }
    return self
  }
}

extension LabelledTensors {
  /// The same samples in double precision.
  func inDoublePrecision() throws -> LabelledTensors {
    try LabelledTensors(pixels: pixels.to(.float64), labels: labels)
  }
}
