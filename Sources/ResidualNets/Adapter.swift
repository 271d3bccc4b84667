import OrderedCollections
import RandomStreams
import TorchCore

/// What one task adds beside a frozen trunk: a small linear correction in parallel to each spatial convolution (or linear
/// layer), and norms with parameters and statistics of its own. It starts as no correction at all.
///
/// Source: parallel residual adapters, Rebuffi et al. 2018. A 1×1 correction merges into the centre tap of its 3×3
/// convolution, so the deployed network is no larger than the trunk.
public final class Adapter: Module {
  private let corrections: OrderedDictionary<String, Correction>
  private let norms: OrderedDictionary<String, any Norm>

  public init(for trunk: any Trunk, rank: Int, stream: RandomStream) throws {
    var corrections: OrderedDictionary<String, Correction> = [:]
    for convolution in trunk.adaptableConvolutions {
      corrections[convolution.site] = try Correction(
        beside: convolution, stream: stream.stream(convolution.site))
    }
    for linear in trunk.adaptableLinears {
      corrections[linear.site] = try Correction(beside: linear, rank: rank, stream: stream.stream(linear.site))
    }
    self.corrections = corrections
    norms = try OrderedDictionary(uniqueKeysWithValues: trunk.norms.map { ($0.site, try $0.copy()) })
  }

  func correction(at site: String) -> Correction? { corrections[site] }

  func norm(at site: String) -> (any Norm)? { norms[site] }

  public func visit(_ members: inout Members) {
    for (site, correction) in corrections { members.child(site, correction) }
    for (site, norm) in norms { members.child(site, norm) }
  }
}

/// One task's correction of one layer: W ↦ W + ΔW, with ΔW a centre tap (convolution) or a product of low rank (linear),
/// and a bias of its own where the layer has one.
final class Correction: Module {
  private enum Form {
    /// out×in×1×1.
    case centreTap(Parameter)
    /// down: rank×in; up: out×rank.
    case lowRank(down: Parameter, up: Parameter)
  }

  private let form: Form
  let bias: Parameter?
  /// Under a budget the *merged* operator is constrained, with a vector of this task's own.
  let constraint: SpectralConstraint?

  init(beside layer: Conv2d, stream: RandomStream) throws {
    let weight = layer.weight.value
    form = .centreTap(try Parameter(Tensor.zeros([weight.size(0), weight.size(1), 1, 1])))
    bias = try layer.bias.map { try Parameter($0.value.clone()) }
    constraint = try layer.constraint?.copy()
  }

  init(beside layer: Linear, rank: Int, stream: RandomStream) throws {
    let (outputs, inputs) = (layer.weight.value.size(0), layer.weight.value.size(1))
    let down = try Tensor.normal([rank, inputs], stream) * (1 / Double(inputs).squareRoot())
    form = .lowRank(down: try Parameter(down), up: try Parameter(Tensor.zeros([outputs, rank])))
    bias = try Parameter(layer.bias.value.clone())
    constraint = try layer.constraint?.copy()
  }

  /// W + ΔW.
  func merged(into weight: Tensor) throws -> Tensor {
    switch form {
    case .centreTap(let tap):
      let margin = weight.size(2) / 2
      return try weight + tap.value.padded(left: margin, right: margin, top: margin, bottom: margin)
    case .lowRank(let down, let up):
      return try weight + up.value.matmul(down.value)
    }
  }

  /// ΔW x, without forming W + ΔW.
  func apply(_ x: Tensor, stride: [Int]) throws -> Tensor {
    switch form {
    case .centreTap(let tap):
      try x.conv2d(
        tap.value, nil, ConvolutionGeometry(stride: stride, padding: [0, 0], dilation: [1, 1], groups: 1))
    case .lowRank(let down, let up):
      try x.linear(down.value).linear(up.value)
    }
  }

  func visit(_ members: inout Members) {
    switch form {
    case .centreTap(let tap): members.parameter("adapter.weight", tap)
    case .lowRank(let down, let up):
      members.parameter("adapter.down", down)
      members.parameter("adapter.up", up)
    }
    members.parameter("adapter.bias", bias)
    members.child("adapter.constraint", constraint)
  }
}
