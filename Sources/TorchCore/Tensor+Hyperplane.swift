import CTorchShim

extension Tensor {
  /// The shortest way from points of the box [0, 1] to hyperplanes ⟨w, x⟩ = b inside the box, row by row: N×d, fp64, on
  /// the points' device. Where the two do not meet it ends in the corner of the box that is nearest to the hyperplane;
  /// where w is 0, no coordinate moves.
  ///
  /// - Parameters:
  ///   - normals: w, N×d, fp64, finite.
  ///   - offsets: b, N×1, fp64.
  ///   - isEven: the shortest in L∞; otherwise in L2.
  /// - Throws: `TorchError` where shapes or types do not fit.
  public func wayToHyperplane(_ normals: Tensor, _ offsets: Tensor, isEven: Bool) throws -> Tensor {
    let (points, home) = (try to(.cpu), device)
    let (w, b) = (try normals.to(.cpu), try offsets.to(.cpu))
    return try points.withPointer { x in
      try w.withPointer { w in
        try b.withPointer { b in try Tensor.yielded { sf_hyperplane_shift(w, b, x, isEven, $0) } }
      }
    }.to(home)
  }
}
