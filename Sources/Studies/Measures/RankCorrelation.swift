/// Spearman's ρ: the correlation of the ranks, 1 where the second figure rises whenever the first does.
///
/// Equal values share the mean of their ranks; where one side is constant nothing rises with the other, and ρ is 0. NaN
/// for fewer than two pairs. Source: Spearman 1904.
func rankCorrelation(_ x: [Double], _ y: [Double]) -> Double {
  let (a, b) = (centredRanks(x), centredRanks(y))
  func dot(_ u: [Double], _ v: [Double]) -> Double { zip(u, v).reduce(0) { $0 + $1.0 * $1.1 } }
  let spread = (dot(a, a) * dot(b, b)).squareRoot()
  return x.count > 1 && spread == 0 ? 0 : dot(a, b) / spread
}

/// Ranks minus their mean.
private func centredRanks(_ values: [Double]) -> [Double] {
  values.map { value in
    // Those below less those above, halved, is the mean rank of equals counted from the middle.
    Double(values.count { $0 < value } - values.count { $0 > value }) / 2
  }
}
