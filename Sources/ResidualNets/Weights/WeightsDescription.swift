import TorchCore

/// What a file of weights that does not describe itself is of.
public enum WeightsDescription: Sendable, Hashable {
  /// A network of one of the families.
  case family(NetworkDescription)
  /// An `nn.Sequential` of PyTorch: its convolutions by layer number, so far as they are named.
  case sequential([String: ConvolutionGeometry])
}
