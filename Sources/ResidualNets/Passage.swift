import RandomStreams
import TorchCore

/// One task's way through a trunk: which adapter stands beside the layers, and whether norms learn.
public struct Passage {
  public let adapter: Adapter?
  public let mode: Mode
  /// What a training step draws from, where the network leaves branches out at random.
  public let draws: RandomStream?
  /// Those who share a batch in training; nil where it is all here.
  public let sharing: (any BatchSharing)?
  /// What the trunk computes in.
  public let precision: Precision
  private let form: DeploymentForm
  /// Weights that were computed beforehand, by the layer's site.
  private var settled: [String: (weight: Tensor, bias: Tensor?)] = [:]

  public init(
    adapter: Adapter?, mode: Mode, draws: RandomStream? = nil, sharing: (any BatchSharing)? = nil,
    precision: Precision = .full
  ) {
    self.init(
      adapter: adapter, mode: mode, draws: draws, sharing: sharing, precision: precision, form: .folded)
  }

  /// A way in evaluation, to be deployed in this form.
  init(deploying adapter: Adapter?, as form: DeploymentForm) {
    self.init(adapter: adapter, mode: .evaluation, draws: nil, sharing: nil, precision: .full, form: form)
  }

  private init(
    adapter: Adapter?, mode: Mode, draws: RandomStream?, sharing: (any BatchSharing)?, precision: Precision,
    form: DeploymentForm
  ) {
    self.adapter = adapter
    self.mode = mode
    self.draws = draws
    self.sharing = sharing
    self.precision = precision
    self.form = form
  }

  /// Whether deployment folds norms into the layers beside them; else each stays a layer of its own.
  var foldsNorms: Bool { form != .unfolded }
  /// Whether deployment states what the adapter may come to be, rather than what it is.
  private var states: Bool { form == .stated }

  /// A way through a branch that is one and the same function at every evaluation, with the weights of its layers
  /// computed here once. In training, what keeps their budgets refines its estimates first, and once; gradients pass
  /// through it.
  func settling(_ branch: any Branch) throws -> Passage {
    var passage = Passage(adapter: adapter, mode: mode == .training ? .settled : mode)
    func settle(_ layer: some AdaptableLayer) throws {
      if mode == .training { _ = try withoutGradients { try merged(layer) } }
      passage.settled[layer.site] = try passage.merged(layer)
    }
    for layer in branch.convolutions { try settle(layer) }
    for layer in branch.linears { try settle(layer) }
    return passage
  }

  /// Normalised pixels, as the layers behind compute.
  func enter(_ normalization: PixelNormalization, _ pixels: Tensor) throws -> Tensor {
    try precision.entering(normalization.forward(pixels))
  }

  func convolve(_ layer: Conv2d, _ x: Tensor) throws -> Tensor { try apply(layer, to: x) }

  func transform(_ layer: Linear, _ x: Tensor) throws -> Tensor { try apply(layer, to: x) }

  private func apply(_ layer: some AdaptableLayer, to x: Tensor) throws -> Tensor {
    if let (weight, bias) = settled[layer.site] { return try layer.apply(weight, bias, to: x) }
    guard let correction = adapter?.correction(at: layer.site), correction.constraint == nil else {
      let (weight, bias) = try merged(layer)
      return try layer.apply(weight, bias, to: x)
    }
    return try correction.forward(layer, x, mode)
  }

  func normalize(_ norm: (any Norm)?, _ x: Tensor) throws -> Tensor {
    guard let norm = self.norm(norm) else { return x }
    return try norm.forward(x, mode, sharing)
  }

  /// φ(N(x)), or φ(x) without a norm.
  func activate(_ norm: (any Norm)?, _ x: Tensor, _ activation: Activation) throws -> Tensor {
    guard activation == .relu, let norm = self.norm(norm) else { return try activation.apply(normalize(norm, x)) }
    return try norm.activated(x, mode, sharing)
  }

  /// The task's own norm in place of the trunk's.
  func norm(_ norm: (any Norm)?) -> (any Norm)? { norm.map { adapter?.norm(at: $0.site) ?? $0 } }

  /// The one layer that a layer and its correction amount to.
  func merged(_ layer: some AdaptableLayer) throws -> (weight: Tensor, bias: Tensor?) {
    guard let correction = adapter?.correction(at: layer.site) else {
      return (try layer.effectiveWeight(mode), layer.ownBias?.value)
    }
    let (weight, bias) = try correction.merged(into: layer, mode)
    guard let constraint = correction.constraint else { return (weight, bias) }
    return (try layer.constrain(weight, by: constraint, mode), bias)
  }

  /// How much the adapter may yet change the norm of a layer; 0 unless that is to be stated.
  func allowance(_ layer: some AdaptableLayer) throws -> Double {
    guard states, let adapter, let budget = adapter.description.budget else { return 0 }
    return try adapter.correction(at: layer.site)?.allowance(budget, beside: layer) ?? 0
  }
}

/// What deployment makes of a network.
enum DeploymentForm {
  /// As it runs.
  case folded
  /// Layer by layer, as it was trained.
  case unfolded
  /// As it may come to be: every layer has the allowance of its correction; the adapter is a fresh one.
  case stated
}
