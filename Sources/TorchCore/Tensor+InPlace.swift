import CTorchShim

extension Tensor {
  /// Copies another tensor's values into this one's storage, outside the graph.
  public func assign(_ source: Tensor) throws {
    try withPointer { target in try source.withPointer { try check(sf_assign(target, $0)) } }
  }
}

/// One step of stochastic gradient descent on all parameters, in place, as PyTorch defines it (dampening 0).
/// `momenta` are empty without momentum; on the `first` step they are set rather than updated.
public func stepSGD(
  parameters: [Tensor], gradients: [Tensor], momenta: [Tensor], rate: Double, momentum: Double, weightDecay: Double,
  nesterov: Bool, first: Bool
) throws {
  try parameters.withPointers { parameters, count in
    try gradients.withPointers { gradients, _ in
      try momenta.withPointers { momenta, _ in
        try check(sf_sgd_step(parameters, gradients, momenta, count, rate, momentum, weightDecay, nesterov, first))
      }
    }
  }
}

/// One step of Adam on all parameters, in place, as PyTorch defines it; `step` counts from 1. With `decoupled`, weight
/// decay acts on the parameters themselves (AdamW).
public func stepAdam(
  parameters: [Tensor], gradients: [Tensor], means: [Tensor], variances: [Tensor], step: Int, rate: Double,
  beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, decoupled: Bool
) throws {
  try parameters.withPointers { parameters, count in
    try gradients.withPointers { gradients, _ in
      try means.withPointers { means, _ in
        try variances.withPointers { variances, _ in
          try check(
            sf_adam_step(
              parameters, gradients, means, variances, count, Int64(step), rate, beta1, beta2, epsilon, weightDecay,
              decoupled))
        }
      }
    }
  }
}
