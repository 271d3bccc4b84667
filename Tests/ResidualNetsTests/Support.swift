import Foundation
import OrderedCollections
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

/// Values that `Tools/oracles` computed with PyTorch in fp64 and stored as fp32.
struct Golden {
  let file: SafetensorsFile

  init(_ name: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
    file = try SafetensorsFile(contentsOf: folder.appendingPathComponent("\(name).safetensors"))
  }

  /// The tensor in float64 (labels in int64).
  func callAsFunction(_ name: String) throws -> Tensor {
    let tensor = try Tensor(try #require(file.tensors[name], "no golden tensor \(name)"))
    return try tensor.dtype == .int64 ? tensor : tensor.to(.float64)
  }

  func optional(_ name: String) throws -> Tensor? { file.tensors[name] == nil ? nil : try self(name) }
}

/// The largest difference of any element, relative to the largest element of `expected`.
func relativeDistance(_ actual: Tensor, _ expected: Tensor) throws -> Double {
  guard actual.shape == expected.shape else { return .infinity }
  let expected = try expected.to(.float64)
  let largest = try max(expected.abs().max().item(), 1e-12)
  let difference = try (actual.to(.float64) - expected).abs().max().item()
  return difference.isNaN ? .infinity : difference / largest
}

func expectClose(
  _ actual: Tensor?, _ expected: Tensor, within tolerance: Double, _ note: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let actual = try #require(actual, "\(note): absent", sourceLocation: sourceLocation)
  let distance = try relativeDistance(actual.detached(), expected.detached())
  #expect(
    distance <= tolerance, "\(note): shapes \(actual.shape) and \(expected.shape), \(distance) apart",
    sourceLocation: sourceLocation)
}

/// A network small enough to differentiate by hand, with every tensor drawn at random: scales of both signs, some zero
/// and some tiny, and statistics that are not those of the data.
struct NetworkCase: Sendable, CustomTestStringConvertible {
  var description: NetworkDescription
  var inputShape = [2, 8, 8]
  var withAdapter = false
  /// Nil for a parallel one.
  var adapter: AdapterDescription?
  var adapterDescription: AdapterDescription {
    adapter ?? AdapterDescription(rank: [.mlp, .perceptron, .vit].contains(description.architecture) ? 2 : nil)
  }
  var testDescription: String {
    let it = description
    var text = "\(it.architecture.rawValue) \(it.block.rawValue) \(it.norm.rawValue) \(it.readout.rawValue)"
    if it.shortcut != .projection { text += " \(it.shortcut.rawValue)" }
    if it.initialization != .automatic { text += " \(it.initialization.rawValue)" }
    if it.activation != .relu { text += " \(it.activation.rawValue)" }
    if it.constraint != .spectral { text += " \(it.constraint.rawValue)" }
    if it.dynamics.shared { text += " shared" }
    if it.survival < 1 { text += " survival" }
    return text + (it.branchBudget == nil ? "" : " budget") + (withAdapter ? " adapter" : "")
      + (adapter.map { " \($0.kind.rawValue) rank \($0.rank ?? 0) budget \($0.budget ?? 0)" } ?? "")
  }

  /// Every architecture and kind of block with every norm it takes, with and without a budget.
  /// Backward Euler with a step for which random weights have a root.
  static let kinds: [NetworkCase] = {
    var cases: [NetworkCase] = []
    // Transformers have cases of their own.
    for architecture in NetworkDescription.Architecture.allCases where architecture != .vit {
      for block in NetworkDescription.BlockKind.allCases {
        for norm in NetworkDescription.NormKind.allCases {
          for budget in [nil, 0.7] {
            let isNamed = architecture.isTorchvision
            // torchvision's networks differ from the CIFAR-style in their plan alone.
            guard !isNamed || (norm == .batch && [.preActivation, .postActivation].contains(block)) else { continue }
            let description = NetworkDescription(
              architecture: architecture, depth: architecture == .mlp ? 2 : architecture.usualSize.depth,
              width: 4, block: block, norm: norm,
              dynamics: .init(step: block == .backwardEuler ? 0.1 : 0.6, alpha: 0.7, beta: 0.2, gateBias: -0.5),
              branchBudget: budget, headBudget: 2, convolutions: .tiny(for: architecture),
              hidden: .tiny(for: architecture))
            guard (try? description.validate()) != nil else { continue }
            // Five halvings, and batch norm still has to see more than one value a channel.
            cases.append(NetworkCase(description: description, inputShape: isNamed ? [2, 40, 40] : [2, 8, 8]))
          }
        }
      }
    }
    return cases
  }()

  /// What a description may ask for besides.
  static let variants: [NetworkCase] = {
    let plain = NetworkDescription(width: 4)
    let changes: [(inout NetworkDescription) -> Void] = [
      { $0.readout = .flattened }, { ($0.block, $0.readout) = (.postActivation, .flattened) },
      { $0.shortcut = .orthonormal }, { $0.shortcut = .pooled }, { $0.shortcut = .principalComponents },
      { ($0.block, $0.shortcut) = (.postActivation, .orthonormal) },
      { $0.initialization = .zero }, { ($0.block, $0.initialization) = (.postActivation, .zero) },
      { ($0.norm, $0.initialization) = (.none, .fixup) }, { ($0.norm, $0.initialization) = (.none, .he) },
      { ($0.depth, $0.dynamics.shared, $0.norm) = (14, true, .group) },
      { ($0.depth, $0.dynamics.shared, $0.norm, $0.block) = (14, true, .none, .backwardEuler) },
      { $0.survival = 0.5 }, { ($0.block, $0.survival) = (.postActivation, 0.5) },
      { ($0.architecture, $0.norm, $0.depth, $0.dynamics.shared, $0.block) = (.mlp, .none, 3, true, .forwardEuler) },
      { ($0.architecture, $0.norm, $0.depth, $0.initialization) = (.mlp, .none, 3, .fixup) },
      { $0.activation = .maxMin }, { ($0.activation, $0.block) = (.maxMin, .postActivation) },
      { ($0.activation, $0.norm, $0.branchBudget, $0.constraint) = (.maxMin, .none, 0.7, .almostOrthogonal) },
      {
        ($0.activation, $0.norm, $0.branchBudget, $0.constraint) = (.maxMin, .none, 0.7, .almostOrthogonal)
        ($0.architecture, $0.depth, $0.block) = (.perceptron, 2, .plain)
      },
      {
        ($0.activation, $0.architecture, $0.norm, $0.block) = (.maxMin, .mlp, .none, .postActivation)
        ($0.depth, $0.branchBudget, $0.headBudget) = (2, 0.7, 2)
      },
      { $0 = .tinyConvnet },
      {
        $0 = .tinyConvnet
        $0.initialization = .he
      },
      { $0 = .init(architecture: .convnet, block: .plain, norm: .none, readout: .flattened, hidden: []) },
      {
        $0 = .tinyConvnet
        ($0.activation, $0.branchBudget, $0.constraint) = (.maxMin, 0.7, .almostOrthogonal)
      },
    ]
    return changes.map { change in
      var description = plain
      change(&description)
      description.dynamics.step = description.block == .backwardEuler ? 0.1 : 0.3
      return NetworkCase(description: description)
    }
  }()

  /// Every kind of adapter beside some networks.
  static let adapters: [NetworkCase] = {
    let bases: [NetworkDescription] = [
      .init(width: 4), .init(width: 4, block: .postActivation), .init(width: 4, norm: .none),
      .init(width: 4, norm: .none, branchBudget: 0.7, headBudget: 2),
      .init(architecture: .mlp, depth: 2, width: 4, norm: .none),
      .init(architecture: .perceptron, depth: 2, width: 4, block: .plain, norm: .none), .tinyConvnet,
    ]
    let adapters: [AdapterDescription] = [
      .init(kind: .series, rank: 2, scale: 0.5), .init(kind: .parallel, rank: 2, scale: -0.7),
      .init(kind: .series, rank: 3, scale: 0.3), .init(kind: .side, rank: 3, scale: 0.8), .init(budget: 0.3),
      .init(kind: .series, rank: 2, scale: 2, budget: 0.3), .init(kind: .side, scale: -0.5, budget: 0.4, depth: 3),
    ]
    return bases.flatMap { base in
      adapters.map { adapter in
        var next = NetworkCase(description: base, withAdapter: true, adapter: adapter)
        if adapter.rank == 3, adapter.kind == .series, base.architecture == .resnet { next.adapter?.rank = nil }
        return next
      }
    }
  }()

  /// All of them, with and without an adapter.
  static let all: [NetworkCase] =
    adapters
    + (kinds + variants).flatMap { base in
      [false, true].map { withAdapter in
        var next = base
        next.withAdapter = withAdapter
        return next
      }
    }

  /// A fresh network as training would start it.
  func make(_ stream: RandomStream, classes: Int = 3) throws -> TaskNetwork {
    // Networks this small lose more to waiting threads than they gain.
    try Torch.setThreads(1)
    let statistics = PixelStatistics(
      mean: (0..<inputShape[0]).map { 0.4 + 0.1 * Double($0) }, std: (0..<inputShape[0]).map { 0.25 + 0.1 * Double($0) }
    )
    let trunk = try description.makeTrunk(
      inputShape: inputShape, statistics: statistics, stream: stream.stream("trunk"))
    let adapter = withAdapter ? try Adapter(for: trunk, adapterDescription, stream: stream.stream("adapter")) : nil
    let head = try description.makeHead(
      features: trunk.featureCount, classCount: classes, stream: stream.stream("head"))
    return TaskNetwork(trunk: trunk, adapter: adapter, head: head)
  }

  /// A network in which every tensor is random.
  func makeRandom(_ stream: RandomStream) throws -> TaskNetwork {
    let network = try make(stream)
    for (name, module) in network.parts { try module.randomize(stream.stream("values").stream(name)) }
    return network
  }

  func pixels(_ count: Int, _ stream: RandomStream, dtype: DType = .float64) throws -> Tensor {
    try Tensor.uniform([count] + inputShape, stream.stream("pixels"), dtype: dtype)
  }
}

extension TaskNetwork {
  var parts: [(String, any Module)] {
    [("trunk", trunk), ("head", head)] + (adapter.map { [("adapter", $0)] } ?? [])
  }

  /// Logits of a training step, branches left out by the same draws each time.
  func trainingLogits(_ pixels: Tensor, step: Int = 0) throws -> Tensor {
    try logits(pixels, .training, draws: RandomStream(seed: 12).stream(step))
  }

  func mapTensors(_ transform: (Tensor) throws -> Tensor) throws {
    for (_, module) in parts { try module.mapTensors(transform) }
  }

  /// All parameters, by part and path.
  var allParameters: OrderedDictionary<String, Parameter> {
    var result: OrderedDictionary<String, Parameter> = [:]
    for (name, module) in parts {
      for (path, parameter) in Members(of: module).parameters { result["\(name)/\(path)"] = parameter }
    }
    return result
  }
}

extension Module {
  func randomize(_ stream: RandomStream) throws {
    let members = Members(of: self)
    for (path, parameter) in members.parameters {
      let shape = parameter.value.shape
      var value = try Tensor.normal(shape, stream.stream(path), dtype: .float64)
      if shape.count > 1 {
        value = try value * (2 / Double(shape[1...].reduce(1, *))).squareRoot()
      } else if path.hasSuffix("weight") {
        // A norm's scale: of either sign; its first entry zero and its second tiny.
        var scales = try value.doubles()
        scales[0] = 0
        if scales.count > 1 { scales[1] = -1e-7 }
        value = try Tensor(scales, shape)
      } else {
        value = try value * 0.3
      }
      try parameter.value.assign(value)
    }
    for (path, buffer) in members.buffers {
      let stream = stream.stream(path)
      if path.hasSuffix("running_mean") {
        try buffer.value.assign(Tensor.normal(buffer.value.shape, stream, dtype: .float64) * 0.3)
      } else if path.hasSuffix("running_var") {
        try buffer.value.assign(Tensor.uniform(buffer.value.shape, stream, dtype: .float64) * 2 + 0.3)
      } else if path.hasSuffix("vector") {
        let vector = try Tensor.normal(buffer.value.shape, stream, dtype: .float64)
        try buffer.value.assign(vector / vector.norm())
      }
    }
  }
}

/// Runs `body` with a fresh folder, and removes the folder.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

extension NetworkDescription {
  /// Kernels without a centre, one padded by less than half, windows that overlap, and a pool that cuts.
  static let tinyConvnet = NetworkDescription(
    architecture: .convnet, block: .plain, norm: .none, readout: .flattened, convolutions: .tiny(for: .convnet),
    hidden: .tiny(for: .convnet))
}

extension [NetworkDescription.Convolution] {
  /// Those of ``NetworkDescription/tinyConvnet``; of other architectures, which have none, the usual ones.
  static func tiny(for architecture: NetworkDescription.Architecture) -> Self {
    guard architecture == .convnet else { return NetworkDescription.usualConvolutions }
    return [
      .init(channels: 4, kernel: 4, stride: 2, padding: 1), .init(channels: 4), .init(channels: 6, kernel: 2),
      .init(channels: 4, kernel: 1, pool: 2),
    ]
  }
}

extension [Int] {
  static func tiny(for architecture: NetworkDescription.Architecture) -> Self {
    architecture == .convnet ? [8, 6] : NetworkDescription.usualHidden
  }
}
