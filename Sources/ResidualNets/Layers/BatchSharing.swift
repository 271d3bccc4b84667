/// Those who learn from one batch together, each from a share of its samples: what a layer needs that looks at the
/// whole batch.
public protocol BatchSharing {
  /// Whether the share has no samples and goes along with others', so as to take part in every sum: it counts for
  /// nothing, and gradients end here.
  var isEmpty: Bool { get }

  /// Replaces the values by their sum over all shares, the same bits for everyone. All ask for the same sums in the
  /// same order, as many values each.
  /// - Throws: where the others cannot be reached.
  func sum(_ values: inout [Double]) throws
}
