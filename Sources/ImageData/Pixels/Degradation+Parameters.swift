extension Degradation {
  /// The longest side of an image that counts as small.
  static let smallSide = 64

  /// What the loops in C are given: those of the small images' table or of the large ones'. Lengths that the tables
  /// state as shares of the shorter side come out in pixels.
  func parameters(for shape: ImageShape) -> [Double] {
    let isSmall = max(shape.height, shape.width) <= Self.smallSide
    let row = (isSmall ? kind.small : kind.large)[severity - 1]
    let side = Double(min(shape.height, shape.width))
    return kind == .elasticTransform ? row.map { $0 * side } : row
  }
}

extension Degradation.Kind {
  /// For sides up to 64, from the severities of CIFAR-10-C; Documentation/degradations.md says which differ and why.
  fileprivate var small: [[Double]] {
    switch self {
    case .gaussianNoise: [[0.04], [0.06], [0.08], [0.09], [0.10]]
    case .shotNoise: [[500], [250], [100], [75], [50]]
    case .impulseNoise: [[0.01], [0.02], [0.03], [0.05], [0.07]]
    case .defocusBlur: [[0.3, 0.4], [0.4, 0.5], [0.5, 0.6], [1, 0.2], [1.5, 0.1]]
    case .glassBlur: [[0.4, 1, 1], [0.25, 1, 1], [0.4, 1, 2], [0.25, 1, 2], [0.25, 1, 3]]
    case .motionBlur: [[6, 1], [6, 1.5], [6, 2], [8, 2.25], [9, 2.5]]
    case .zoomBlur: [[6, 0.01], [11, 0.01], [16, 0.01], [21, 0.01], [26, 0.01]]
    case .snow:
      [
        [0.1, 0.2, 1, 0.6, 8, 3, 0.95], [0.1, 0.2, 1, 0.5, 10, 4, 0.9], [0.15, 0.3, 1.75, 0.55, 10, 4, 0.9],
        [0.25, 0.3, 2.25, 0.6, 12, 6, 0.85], [0.3, 0.3, 1.25, 0.65, 14, 12, 0.8],
      ]
    case .frost: [[1, 0.2], [1, 0.3], [0.9, 0.4], [0.85, 0.45], [0.75, 0.55]]
    case .fog: [[0.2, 3], [0.5, 3], [0.75, 2.5], [1, 2], [1.5, 1.75]]
    case .brightness: [[0.05], [0.1], [0.15], [0.2], [0.3]]
    case .contrast: [[0.75], [0.5], [0.4], [0.3], [0.15]]
    case .elasticTransform:
      [[0, 0, 0.03], [0.05, 0.2, 0.04], [0.08, 0.06, 0.05], [0.1, 0.04, 0.06], [0.1, 0.03, 0.08]]
    case .pixelate: [[0.95], [0.9], [0.85], [0.75], [0.65]]
    case .jpegCompression: [[80], [65], [58], [50], [40]]
    }
  }

  /// For larger images, from the severities of ImageNet-C.
  fileprivate var large: [[Double]] {
    switch self {
    case .gaussianNoise: [[0.08], [0.12], [0.18], [0.26], [0.38]]
    case .shotNoise: [[60], [25], [12], [5], [3]]
    case .impulseNoise: [[0.03], [0.06], [0.09], [0.17], [0.27]]
    case .defocusBlur: [[3, 0.1], [4, 0.5], [6, 0.5], [8, 0.5], [10, 0.5]]
    case .glassBlur: [[0.7, 1, 2], [0.9, 2, 1], [1, 2, 3], [1.1, 3, 2], [1.5, 4, 2]]
    case .motionBlur: [[10, 3], [15, 5], [15, 8], [15, 12], [20, 15]]
    case .zoomBlur: [[11, 0.01], [16, 0.01], [11, 0.02], [13, 0.02], [11, 0.03]]
    case .snow:
      [
        [0.1, 0.3, 3, 0.5, 10, 4, 0.8], [0.2, 0.3, 2, 0.5, 12, 4, 0.7], [0.55, 0.3, 4, 0.9, 12, 8, 0.7],
        [0.55, 0.3, 4.5, 0.85, 12, 8, 0.65], [0.55, 0.3, 2.5, 0.85, 12, 12, 0.55],
      ]
    case .frost: [[1, 0.4], [0.8, 0.6], [0.7, 0.7], [0.65, 0.75], [0.6, 0.8]]
    case .fog: [[1.5, 2], [2, 2], [2.5, 1.7], [3.25, 1.5], [4.5, 1.4]]
    case .brightness: [[0.1], [0.2], [0.3], [0.4], [0.5]]
    case .contrast: [[0.4], [0.3], [0.2], [0.1], [0.05]]
    case .elasticTransform:
      [[0.05, 0.01, 0.02], [0.07, 0.01, 0.02], [0.12, 0.01, 0.02], [2, 0.7, 0.1], [2, 0.08, 0.2]]
    case .pixelate: [[0.6], [0.5], [0.4], [0.3], [0.25]]
    case .jpegCompression: [[25], [18], [15], [10], [7]]
    }
  }
}
