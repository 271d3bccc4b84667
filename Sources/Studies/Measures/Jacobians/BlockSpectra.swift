/// The eigenvalues of one block's Jacobian and of its branch's, at one image.
struct BlockSpectra {
  typealias Eigenvalue = (real: Double, imaginary: Double)
  let block: [Eigenvalue]
  let branch: [Eigenvalue]

  static func modulus(_ value: Eigenvalue) -> Double {
    (value.real * value.real + value.imaginary * value.imaginary).squareRoot()
  }

  /// The largest distance in a one-to-one matching of eig(I + J_F) with 1 + eig(J_F), each taking the nearest left
  /// over; infinite where they differ in number.
  var distance: Double {
    guard block.count == branch.count else { return .infinity }
    var rest = branch.map { (real: 1 + $0.real, imaginary: $0.imaginary) }
    return block.reduce(0) { largest, value in
      let distances = rest.map { ($0.real - value.real, $0.imaginary - value.imaginary) }.map {
        Self.modulus((real: $0, imaginary: $1))
      }
      guard let nearest = distances.indices.min(by: { distances[$0] < distances[$1] }) else { return largest }
      rest.swapAt(nearest, rest.count - 1)
      rest.removeLast()
      return max(largest, distances[nearest])
    }
  }
}
