extension NetworkDescription {
  /// Tokens of one image, each a patch.
  /// - Parameter inputShape: channels, height, width.
  func tokenCount(inputShape: [Int]) -> Int { (inputShape[1] / patch) * (inputShape[2] / patch) }

  /// What can only be known with the images at hand.
  /// - Throws: `DescriptionError` where the patches do not cover the images exactly, or a window of a convnet is larger
  ///   than its image.
  func validate(inputShape: [Int]) throws {
    if architecture == .convnet { try validateConvnet(inputShape: inputShape) }
    guard architecture == .vit else { return }
    guard inputShape.count == 3 else {
      throw DescriptionError("a vision transformer takes channels × height × width, not \(inputShape)")
    }
    guard inputShape[1...].allSatisfy({ $0 > 0 && $0.isMultiple(of: patch) }) else {
      throw DescriptionError(
        "images of \(inputShape[1])×\(inputShape[2]) are not covered by patches of \(patch)×\(patch): set patch to a "
          + "common divisor of both sides, or resize the images")
    }
  }

  func validateTransformer(_ require: (Bool, @autoclosure () -> String) throws -> Void) throws {
    try require((1...1000).contains(depth), "depth of a vision transformer counts layers, 1 to 1000, not \(depth)")
    try require((1...1024).contains(patch), "patch must be 1 to 1024 pixels, not \(patch)")
    try require(
      heads >= 1 && width.isMultiple(of: heads), "width \(width) must be a multiple of heads, which are \(heads)")
    try require(
      branchBudget == nil,
      "a branch budget bounds the layers of a branch, and self-attention has no bound to keep (Kim et al. 2021): leave "
        + "branchBudget out, or set architecture to resnet or mlp")
    try require(
      activation == .relu,
      "the nonlinearity of a transformer is GELU: leave activation out, or set architecture to resnet or mlp")
    try require(norm == .layer, "a vision transformer normalises its tokens: set norm to layer, not \(norm.rawValue)")
    switch block {
    case .preActivation, .forwardEuler, .scaled, .plain: break
    case .postActivation:
      try require(
        false, "this transformer normalises before each branch and leaves the sum alone: set block to pre-activation")
    case .highway:
      try require(false, "highway gates are for images and the MLP's features, not tokens: set block to pre-activation")
    case .backwardEuler:
      try require(
        false,
        "the root of a backward Euler step is safe only where τL < 1, and self-attention has no Lipschitz constant L "
          + "(Kim et al. 2021): set block to forward-euler")
    }
  }
}
