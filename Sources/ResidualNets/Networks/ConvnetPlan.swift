/// Sizes and names of every layer of a convnet, computed from its description alone.
struct ConvnetPlan {
  struct Convolution {
    let layer: ConvolutionPlan
    /// Side and stride of the max pool behind it; 1 is none.
    let pool: Int

    /// Height and width behind the pool.
    var outputSize: [Int] { layer.outputSize.map { $0 / pool } }
    /// Whether channels and size pass unchanged.
    var keepsShape: Bool { layer.inputs == layer.outputs && layer.inputSize == outputSize }
  }

  /// A fully connected layer.
  struct Hidden {
    let site: String
    let inputs: Int
    let outputs: Int
  }

  let convolutions: [Convolution]
  let hidden: [Hidden]
  /// What goes to the head.
  let features: Int

  /// - Parameter inputShape: one that the description fits.
  init(_ network: NetworkDescription, inputShape: [Int]) {
    var (channels, size) = (inputShape[0], Array(inputShape[1...]))
    convolutions = network.convolutions.enumerated().map { index, layer in
      let convolution = Convolution(
        layer: ConvolutionPlan(site: "conv\(index + 1)", inputs: channels, layer, inputSize: size), pool: layer.pool)
      (channels, size) = (layer.channels, convolution.outputSize)
      return convolution
    }
    var features = network.readout == .pooled ? channels : channels * size[0] * size[1]
    hidden = network.hidden.enumerated().map { index, width in
      defer { features = width }
      return Hidden(site: "linear\(index + 1)", inputs: features, outputs: width)
    }
    self.features = features
  }
}
