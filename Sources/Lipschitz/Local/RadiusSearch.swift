import Results
import TorchCore

/// Looks for the largest radius at which a method still proves every margin positive.
///
/// A fixed number of bisections in the logarithm of the radius, for all samples at once. What is returned was proven as
/// it is, so nothing rests on a method being monotone.
struct RadiusSearch {
  let bounding: LocalBounding
  let search: LocalSearch

  /// Below this part of the box's diameter nothing is tried.
  private static let smallest = 0x1p-16

  /// - Parameter pixels: N×C×H×W of the samples that `global` is about, in double precision.
  func improve(_ global: [Certificate], pixels: Tensor) throws -> [LocalCertificate] {
    let live = global.indices.filter { global[$0].radiusL2 != nil }
    let known = global.map(LocalCertificate.init)
    var found: [PerturbationNorm: [LocalRadius?]] = [.l2: known.map(\.l2), .linf: known.map(\.linf)]
    guard !live.isEmpty else { return certificates(global, found) }
    let images = try pixels.selecting(0, Tensor(indices: live))
    let labels = live.map { global[$0].label }
    for norm in search.norms.intersection(found.keys) {
      for method in search.methods(activations: bounding.activations) where method != .global {
        let start = live.map { found[norm]?[$0]?.value ?? 0 }
        let radii = try bisect(images, labels, from: start, norm: norm, method: method)
        for (index, radius) in zip(live, radii) {
          if let radius { found[norm]?[index] = LocalRadius(value: radius, method: method) }
        }
      }
    }
    return certificates(global, found)
  }

  private func certificates(
    _ global: [Certificate], _ found: [PerturbationNorm: [LocalRadius?]]
  ) -> [LocalCertificate] {
    global.indices.map {
      LocalCertificate(global: global[$0], l2: found[.l2]?[$0] ?? nil, linf: found[.linf]?[$0] ?? nil)
    }
  }

  /// The largest radius proven, beyond that of `start`; nil where none was.
  private func bisect(
    _ images: Tensor, _ labels: [Int], from start: [Double], norm: PerturbationNorm, method: LocalMethod
  ) throws -> [Double?] {
    let inputs = images.count / labels.count
    let diameter = norm.largestRadius(inputs: inputs)
    var low = start.map { min(max($0, diameter * Self.smallest), diameter) }
    var high = [Double](repeating: diameter, count: labels.count)
    var best = [Double?](repeating: nil, count: labels.count)
    for _ in 0..<search.bisections {
      let open = labels.indices.filter { low[$0] < high[$0] }
      guard !open.isEmpty else { break }
      let radii = open.map { (low[$0] * high[$0]).squareRoot() }
      let margins = try bounding.leastMargins(
        pixels: images.selecting(0, Tensor(indices: open)), labels: open.map { labels[$0] }, radii: radii, norm: norm,
        method: method)
      for (place, index) in open.enumerated() {
        // A comparison with NaN is false, so an overflow on the way proves nothing.
        if margins[place] > 0 {
          (low[index], best[index]) = (radii[place], radii[place])
        } else {
          high[index] = radii[place]
        }
      }
    }
    return zip(best, start).map { best, start in best.flatMap { $0 > start ? $0 : nil } }
  }
}

extension LocalBounding {
  /// The least of each sample's margins within its radius.
  /// - Parameter pixels: N×C×H×W in [0, 1], in double precision.
  func leastMargins(
    pixels: Tensor, labels: [Int], radii: [Double], norm: PerturbationNorm, method: LocalMethod
  ) throws -> [Double] {
    guard !labels.isEmpty else { return [] }
    let image = try Enclosure(pixels: pixels, radii: radii, isMaximum: norm == .linf)
    let margins = try margins(over: image, labels: labels, method: method).doubles()
    let classes = margins.count / labels.count
    return labels.enumerated().map { sample, label in
      let row = (0..<classes).filter { $0 != label }.map { margins[sample * classes + $0] }
      return row.contains { $0.isNaN } ? -.infinity : row.min() ?? .infinity
    }
  }
}
