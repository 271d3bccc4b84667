import CTorchShim

extension Tensor {
  /// The step of the fast adaptive boundary attack, without the backward step (Croce and Hein 2020, equations 7 to 9):
  /// with d and d₀ the shortest ways of these points x and of the clean images x₀ to the hyperplanes
  /// f + ⟨w, z − x⟩ = 0 inside the box [0, 1],
  ///
  ///     α = min(‖d‖/(‖d‖ + ‖d₀‖), α_max)
  ///     x ← clip((1 − α)·(x + η·d) + α·(x₀ + η·d₀))
  ///
  /// where no length counts for less than 1e-8. Where plane and box do not meet, a way ends in the corner of the box
  /// that is nearest to the plane; where w is 0, no pixel moves. Computed in fp64, image by image, on the CPU.
  ///
  /// - Parameters:
  ///   - clean: x₀, like the points N×C×H×W in the box, of their type (fp32 or fp64).
  ///   - gradients: w, the same, finite.
  ///   - differences: f, fp64, N values, finite.
  ///   - order: of the norm: 1, 2 or infinity.
  ///   - largestBias: α_max.
  ///   - extrapolation: η.
  /// - Returns: N×C×H×W, channels-last, on the points' device.
  /// - Throws: `TorchError` where shapes or types do not fit, or for another norm.
  public func steppedToBoundary(
    clean: Tensor, gradients: Tensor, differences: Tensor, order: Double, largestBias: Double, extrapolation: Double
  ) throws -> Tensor {
    let (x, c, w, f) = try (to(.cpu), clean.to(.cpu), gradients.to(.cpu), differences.to(.cpu))
    return try x.withPointer { x in
      try c.withPointer { c in
        try w.withPointer { w in
          try f.withPointer { f in
            try Tensor.yielded { sf_boundary_step(x, c, w, f, order, largestBias, extrapolation, $0) }
          }
        }
      }
    }.to(device)
  }

  /// The backward step of the same attack: (1 − β)·x₀ + β·x of the chosen images, clipped to the box; the others as
  /// they are. fp32, on the CPU.
  ///
  /// - Parameters:
  ///   - clean: x₀, like the points N×C×H×W.
  ///   - chosen: N flags.
  ///   - part: β.
  /// - Returns: N×C×H×W, channels-last, on the points' device.
  /// - Throws: `TorchError` where shapes or types do not fit.
  public func steppedBack(toward clean: Tensor, where chosen: [Bool], part: Double) throws -> Tensor {
    let (x, c) = try (to(.cpu), clean.to(.cpu))
    let rows = try Tensor(chosen.map { $0 ? 1 : 0 } as [UInt8], [chosen.count])
    return try x.withPointer { x in
      try c.withPointer { c in
        try rows.withPointer { rows in try Tensor.yielded { sf_step_back(x, c, rows, part, $0) } }
      }
    }.to(device)
  }
}
