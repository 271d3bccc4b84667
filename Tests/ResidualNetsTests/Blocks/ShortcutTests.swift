import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Shortcuts that are not learned, as explicit matrices.
@TorchActor
@Suite struct ShortcutTests {
  private func shortcuts(
    _ kind: NetworkDescription.ShortcutKind, architecture: NetworkDescription.Architecture = .resnet, size: [Int],
    width: Int = 3
  ) throws -> [Conv2d] {
    let subject = NetworkCase(
      description: .init(
        architecture: architecture, depth: architecture.usualSize.depth, width: width, shortcut: kind),
      inputShape: [2] + size)
    let trunk = try subject.make(RandomStream(seed: 1)).trunk
    try trunk.mapTensors { try $0.to(.float64) }
    return trunk.blocks.compactMap { $0.shortcut?.convolution }
  }

  /// S, outputs × inputs of a flattened image, from the images of all unit vectors.
  private func matrix(_ layer: Conv2d) throws -> Tensor {
    let shape = [layer.weight.value.size(1)] + layer.inputSize
    let count = shape.reduce(1, *)
    let units = try Tensor.eye(count, dtype: .float64).reshaped([count] + shape)
    return try layer.forward(units, .evaluation).reshaped([count, -1]).transposed()
  }

  private func distanceFromIdentity(_ gram: Tensor) throws -> Double {
    try (gram - Tensor.eye(gram.size(0), dtype: .float64)).abs().max().item()
  }

  /// S Sᵀ = I, so Sᵀg has g's norm. The kernel is stored in single precision: 1e-6, and not the 1e-12 of its QR
  /// factorisation, is what a network holds.
  @Test(arguments: [[8, 8], [4, 12]]) func orthonormalRowsKeepTheGradient(size: [Int]) throws {
    let layers = try shortcuts(.orthonormal, size: size)
    #expect(layers.count == 2)
    for layer in layers {
      let s = try matrix(layer)
      #expect(s.size(0) < s.size(1))
      #expect(try distanceFromIdentity(s.matmul(s.transposed())) < 1e-6, "\(layer.site)")
      let g = try Tensor.normal([s.size(0), 10], RandomStream(seed: 2), dtype: .float64)
      let kept = try (s.transposed().matmul(g).norm(2, [0]) / g.norm(2, [0])).doubles()
      #expect(kept.allSatisfy { abs($0 - 1) < 1e-6 })
    }
  }

  /// Of an odd length the windows at one edge are cut: all others keep the norm, and no direction grows.
  @Test(arguments: [[7, 7], [8, 5], [5, 8], [1, 3]]) func oddLengthsContractAtOneEdge(size: [Int]) throws {
    let stream = RandomStream(seed: 3)
    let layer = try Conv2d(
      ConvolutionPlan(site: "s", inputs: 3, outputs: 6, tiling: 2, inputSize: size), bias: false,
      initialization: .orthonormal, stream: stream)
    try layer.mapTensors { try $0.to(.float64) }
    #expect(layer.outputSize == size.map { ($0 + 1) / 2 })
    let s = try matrix(layer)
    #expect(try s.singularValues().max().item() < 1 + 1e-6)
    let outputs = [6] + layer.outputSize
    let gram = try s.matmul(s.transposed()).doubles()
    let count = outputs.reduce(1, *)
    var whole = 0
    for index in 0..<count {
      let (row, column) = (index / outputs[2] % outputs[1], index % outputs[2])
      let isCut = size[0] % 2 == 1 && row == 0 || size[1] % 2 == 1 && column == 0
      let squaredNorm = gram[index * count + index]
      #expect(isCut ? squaredNorm < 1 - 1e-3 : abs(squaredNorm - 1) < 1e-6, "window \(row), \(column)")
      whole += isCut ? 0 : 1
    }
    #expect(whole == 6 * (size[0] / 2) * (size[1] / 2))
  }

  /// Widening: Sᵀ S = I, so S h has h's norm.
  @Test func orthonormalColumnsKeepTheSignal() throws {
    let layer = try #require(try shortcuts(.orthonormal, architecture: .resnet50, size: [16, 16], width: 2).first)
    let s = try matrix(layer)
    #expect(s.size(0) == 4 * s.size(1))
    #expect(try distanceFromIdentity(s.transposed().matmul(s)) < 1e-6)
  }

  @Test(arguments: [[8, 8], [7, 7], [5, 5]]) func pooledIsAverageAndZeros(size: [Int]) throws {
    for layer in try shortcuts(.pooled, size: size) {
      let channels = layer.weight.value.size(1)
      let h = try Tensor.normal([2, channels] + layer.inputSize, RandomStream(seed: 4), dtype: .float64)
      let mean = try h.averagePool2d(kernel: 2, stride: 2, padding: layer.inputSize[0] % 2)
      let zeros = try Tensor.zeros([2, layer.weight.value.size(0) - channels] + layer.outputSize, dtype: .float64)
      try expectClose(layer.forward(h, .evaluation), Tensor.concatenated([mean, zeros], 1), within: 1e-7)
    }
  }

  /// Where only the channels change, it is the identity and zeros.
  @Test func pooledWithoutStrideIsTheIdentity() throws {
    let layer = try #require(try shortcuts(.pooled, architecture: .resnet50, size: [16, 16], width: 2).first)
    let h = try Tensor.normal([2, 2] + layer.inputSize, RandomStream(seed: 5), dtype: .float64)
    let zeros = try Tensor.zeros([2, 6] + layer.inputSize, dtype: .float64)
    #expect(try layer.forward(h, .evaluation).host() == Tensor.concatenated([h, zeros], 1).host())
  }

  /// Fixed shortcuts and learned ones have the same sizes.
  @Test(arguments: [[8, 8], [7, 9], [1, 1], [28, 28]]) func everyKindFitsTheBranch(size: [Int]) throws {
    for kind in NetworkDescription.ShortcutKind.allCases {
      let subject = NetworkCase(description: .init(width: 2, shortcut: kind, norm: .none), inputShape: [2] + size)
      let features = try subject.make(RandomStream(seed: 1)).trunk
        .features(subject.pixels(2, RandomStream(seed: 1), dtype: .float32), Passage(adapter: nil, mode: .evaluation))
      #expect(features.shape == [2, 8])
    }
  }
}
