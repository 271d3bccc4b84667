import Foundation

/// Headers of .npy files whose elements are written in pieces, or are of a type that ``ElementType`` lacks.
extension NPY {
  /// The bytes before the elements of a row-major array, in version 1.0, as `numpy.save` writes them.
  ///
  /// - Parameter elementDescription: NumPy's word for the element type, such as `"<u2"`.
  /// - Throws: ``TensorFileError`` `unsupported` for more than 64 axes.
  public static func header(elementDescription: String, shape: [Int]) throws -> [UInt8] {
    guard shape.count <= TensorShape.maximumRank else {
      throw TensorFileError(
        code: .unsupported, path: "", reason: "\(shape.count) axes are over NumPy's limit of \(TensorShape.maximumRank)"
      )
    }
    return NPYHeader.encoded(description: elementDescription, shape: shape)
  }
}
