import TorchCore

extension Trunk {
  /// The trunk by itself from pixels to features N×F as it runs in evaluation: constants only.
  public func deployedFeatures() throws -> [Stage] {
    try withoutGradients {
      let (body, featureScale) = try deployedBody(Passage(adapter: nil, mode: .evaluation))
      return try (body + rescaling(featureScale)).map { try $0.mappingTensors { try $0.clone() } }
    }
  }

  /// What a head would have taken over, as a stage.
  func rescaling(_ featureScale: Tensor?) throws -> [Stage] {
    guard let featureScale else { return [] }
    let dtype = try Members(of: self).parameters.values.first?.value.dtype ?? .float32
    return [
      Stage("features", .affine(scale: try featureScale.to(dtype), shift: try featureScale.zerosLike().to(dtype)))
    ]
  }
}
