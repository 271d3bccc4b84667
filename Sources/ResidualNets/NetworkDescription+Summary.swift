extension NetworkDescription {
  /// In one line, for people.
  public var summary: String {
    let shape =
      switch architecture {
      case .resnet: "ResNet-\(depth), width \(width)"
      case .resnet18, .resnet34, .resnet50: "torchvision ResNet-\(depth), width \(width)"
      case .perceptron: "perceptron of \(depth) layers, width \(width)"
      case .convnet: "convnet of \(convolutions.map(\.summary).joined(separator: ", "))" + hiddenSummary
      case .mlp: "MLP of \(depth) blocks, width \(width)"
      case .vit: "vision transformer of \(depth) layers, width \(width), \(heads) heads, patches of \(patch)×\(patch)"
      }
    var parts = [shape, blockSummary]
    if block != .plain, architecture != .vit, shortcut != .projection { parts.append("\(shortcut.rawValue) shortcuts") }
    switch norm {
    case .batch: parts.append("batch norm")
    case .group: parts.append("group norm")
    case .layer: parts.append("layer norm")
    case .none: parts.append("no norm")
    }
    if activation == .maxMin { parts.append("MaxMin") }
    if initialization != .automatic { parts.append("\(initialization.rawValue) start") }
    if survival < 1 { parts.append("stochastic depth to \(survival)") }
    parts.append("\(readout.rawValue) readout")
    if let branchBudget {
      let isSpectral = constraint == .spectral
      parts.append("\(isSpectral ? "" : "almost orthogonal ")layers of each branch at norm ≤ \(branchBudget)")
    }
    return parts.joined(separator: ", ")
  }

  private var hiddenSummary: String {
    hidden.isEmpty ? "" : ", hidden \(hidden.map(String.init).joined(separator: ", "))"
  }

  private var blockSummary: String {
    let shared = dynamics.shared ? ", one branch a stage" : ""
    return switch block {
    case .plain: "plain blocks"
    case .postActivation: "post-activation blocks\(shared)"
    case .preActivation: "pre-activation blocks\(shared)"
    case .forwardEuler: "forward Euler blocks of step \(dynamics.step)\(shared)"
    case .scaled: "scaled blocks with α = \(dynamics.alpha), β = \(dynamics.beta)\(shared)"
    case .highway: "highway blocks\(shared)"
    case .backwardEuler: "backward Euler blocks of step \(dynamics.step)\(shared)"
    }
  }
}

extension NetworkDescription.Convolution {
  /// Such as `32 (5×5, pool 2)`; what is usual is left out.
  fileprivate var summary: String {
    var parts = [stride == 1 ? "\(kernel)×\(kernel)" : "\(kernel)×\(kernel)/\(stride)"]
    if padding != kernel / 2 { parts.append("padding \(padding)") }
    if pool != 1 { parts.append("pool \(pool)") }
    return "\(channels) (\(parts.joined(separator: ", ")))"
  }
}
