import TorchCore

/// One convolution of a network, before there is one.
struct ConvolutionPlan {
  let site: String
  let inputs: Int
  let outputs: Int
  let kernel: Int
  var stride = 1
  /// In rows and in columns.
  let padding: [Int]
  /// Height and width of the input.
  let inputSize: [Int]

  /// Zero padding that keeps every window's centre inside the image, as PyTorch's networks have it.
  init(site: String, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1, inputSize: [Int]) {
    self.site = site
    self.inputs = inputs
    self.outputs = outputs
    self.kernel = kernel
    self.stride = stride
    self.inputSize = inputSize
    padding = [kernel / 2, kernel / 2]
  }

  /// A layer of a convnet, whose padding is its own.
  init(site: String, inputs: Int, _ layer: NetworkDescription.Convolution, inputSize: [Int]) {
    self.site = site
    self.inputs = inputs
    outputs = layer.channels
    kernel = layer.kernel
    stride = layer.stride
    padding = [layer.padding, layer.padding]
    self.inputSize = inputSize
  }

  /// Windows beside each other that cover the image. Of an odd length the first reaches over the edge, and sees zeros
  /// there: an orthonormal kernel is an isometry in all windows but those.
  init(site: String, inputs: Int, outputs: Int, tiling stride: Int, inputSize: [Int]) {
    self.site = site
    self.inputs = inputs
    self.outputs = outputs
    self.stride = stride
    self.inputSize = inputSize
    kernel = stride
    padding = inputSize.map { ($0 + stride - 1) / stride * stride - $0 }
  }

  var geometry: ConvolutionGeometry {
    ConvolutionGeometry(stride: [stride, stride], padding: padding, dilation: [1, 1], groups: 1)
  }

  var outputSize: [Int] { geometry.outputSize(inputSize, kernel: [kernel, kernel]) }
}
