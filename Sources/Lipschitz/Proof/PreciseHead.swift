import ResidualNets
import TorchCore

/// The last layer with inner products in twice the precision, so that it adds almost nothing to what the features err
/// by. Source: Ogita, Rump and Oishi, "Accurate sum and dot product", 2005, Algorithm 5.3: the error of n terms is at
/// most u|xᵀy| + γₙ²|x|ᵀ|y|.
struct PreciseHead {
  private let rows: [[Double]]
  private let biases: [Double]

  /// Rounded up by this: differences, products, sums and a root err by less than 2⁻⁵⁰ together.
  private static let inflation = 1 + 0x1p-50

  init(_ network: DeployedNetwork) throws {
    let weight = try network.headWeight.doublesOnCPU()
    let (values, width) = (try weight.doubles(), weight.size(1))
    rows = (0..<weight.size(0)).map { Array(values[$0 * width..<($0 + 1) * width]) }
    biases = try network.headBias.doublesOnCPU().doubles()
  }

  var classCount: Int { rows.count }
  /// The length of an inner product with bias and difference, as a network computes it.
  var width: Int { (rows.first?.count ?? 0) + 2 }
  func bias(_ row: Int) -> Double { biases[row] }

  /// ‖w_row‖, rounded up.
  func rowNorm(_ row: Int) -> Double { Self.dot(zip(rows[row], rows[row])).squareRoot() * Self.inflation }

  /// ‖w_row − w_other‖, rounded up.
  func distance(_ row: Int, _ other: Int) -> Double {
    let difference = zip(rows[row], rows[other]).map { $0 - $1 }
    return Self.dot(zip(difference, difference)).squareRoot() * Self.inflation
  }

  /// How far from a sample its computation stays below a size, the logits included.
  func distance(within range: Double, of error: SampleError) -> Double {
    error.distance(
      within: range, rowNorm: rows.indices.map(rowNorm).max() ?? 0, bias: biases.map { abs($0) }.max() ?? 0)
  }

  /// z_row − z_other of features.
  func margin(_ row: Int, _ other: Int, features: [Double]) -> Double {
    let differences = zip(rows[row], features).map { ($0, $1) } + zip(rows[other], features).map { (-$0, $1) }
    return Self.dot(differences + [(biases[row], 1), (biases[other], -1)])
  }

  /// Σ xy, in twice the precision.
  private static func dot(_ pairs: some Sequence<(Double, Double)>) -> Double {
    var (sum, rest) = (0.0, 0.0)
    for (x, y) in pairs {
      let product = x * y
      // The exact errors of the product and of the sum.
      let productError = (-product).addingProduct(x, y)
      let next = sum + product
      let part = next - sum
      rest += (sum - (next - part)) + (product - part) + productError
      sum = next
    }
    return sum + rest
  }
}
