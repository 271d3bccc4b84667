import Foundation

/// The mean number of branches on a path, each length weighted by the norm of what its paths contribute.
func meanPathLength(_ norms: [Double]) -> Double {
  norms.indices.reduce(0) { $0 + Double($1) * norms[$1] } / norms.reduce(0, +)
}

/// log₁₀ of the binomial coefficient: the number of paths through k of n branches.
func logPathCount(_ n: Int, _ k: Int) -> Double {
  k == 0 ? 0 : (1...k).reduce(0) { $0 + log10(Double(n - k + $1) / Double($1)) }
}
