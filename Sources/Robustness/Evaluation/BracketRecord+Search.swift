import Results

extension BracketRecord {
  /// Certified L2 radii beside the nearest adversarials that ``MinimalEpsilon`` finds.
  ///
  /// - Parameters:
  ///   - radii: one an image of the batch; nil where there is no certificate.
  ///   - images: their names.
  /// - Throws: ``RobustnessError``, `TorchError`.
  public init(
    task: String, searching batch: AttackBatch, radii: [Double?], images: [String], soundness: String?
  ) throws {
    let search = MinimalEpsilon()
    self.init(
      task: task, norm: .l2, attack: search.name, certifiedRadius: radii,
      attackDistance: try search.nearest(batch, .l2).distances, images: images, soundness: soundness)
  }
}
