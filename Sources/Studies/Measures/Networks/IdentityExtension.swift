import OrderedCollections
import ResidualNets
import TorchCore

extension TaskNetwork {
  /// Makes this plain network with batch norm compute what a shallower one does: blocks that both have take its
  /// parameters, the others become identities. What leaves a plain block has passed a ReLU, so that the ReLUs of an
  /// identity block change nothing (He et al. 2016a, section 1: the solution "by construction").
  ///
  /// - Parameter shallow: of the same description but for its depth, and in the same type.
  /// - Throws: ``StudyError`` where a parameter is neither shared nor part of a block that keeps the shape.
  func becomeExtension(of shallow: TaskNetwork) throws {
    let (own, other) = (Members(of: trunk), Members(of: shallow.trunk))
    for (path, parameter) in own.parameters {
      try parameter.value.assign(other.parameters[path]?.value ?? identityValue(path, like: parameter.value))
    }
    for (path, buffer) in own.buffers {
      try buffer.value.assign(other.buffers[path]?.value ?? identityValue(path, like: buffer.value))
    }
    try head.weight.value.assign(shallow.head.weight.value)
    try head.bias.value.assign(shallow.head.bias.value)
  }

  /// Convolutions that pass each channel on, and norms that in evaluation leave it as it is.
  private func identityValue(_ path: String, like tensor: Tensor) throws -> Tensor {
    switch path.split(separator: ".").suffix(2).joined(separator: ".") {
    case "conv1.weight", "conv2.weight":
      let channels = tensor.size(0)
      guard tensor.shape == [channels, channels, 3, 3] else { break }
      let centre = try Tensor.eye(channels, dtype: tensor.dtype).reshaped([channels, channels, 1, 1])
      return try centre.padded(left: 1, right: 1, top: 1, bottom: 1)
    case "bn1.weight", "bn2.weight": return try Tensor.ones(tensor.shape, dtype: tensor.dtype)
    case "bn1.bias", "bn2.bias", "bn1.running_mean", "bn2.running_mean": return try tensor.zerosLike()
    case "bn1.running_var", "bn2.running_var":
      return try Tensor.full(1 - BatchNorm2d.epsilon, tensor.shape, dtype: tensor.dtype)
    default: break
    }
    throw StudyError.unusable("'\(path)' has no counterpart in the shallow network, and no identity")
  }
}
