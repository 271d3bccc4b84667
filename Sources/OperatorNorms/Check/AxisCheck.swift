import Foundation

/// Whether sampling one axis of a convolution at N frequencies says enough, found by going through every output and
/// tap. ``SampledAxis`` derives the same from formulas.
struct AxisCheck {
  /// Per tap: its offset and the remainder that it reads, after space to depth.
  let offsets: [Int]
  let remainders: [Int]
  /// What the largest norm over the N frequencies has to be multiplied by; nil where N frequencies say nothing.
  let inflation: Double?

  init(size: Int, kernel: Int, stride: Int, padding: Int, dilation: Int, outputSize: Int, points: Int) {
    offsets = (0..<kernel).map { $0 * dilation / stride }
    remainders = (0..<kernel).map { $0 * dilation % stride }
    let reach = offsets[kernel - 1]
    let degree = (reach + 1) / 2
    guard points > 0 else {
      inflation = nil
      return
    }
    let image = padding..<padding + size
    let reads = zip(offsets, remainders).map { (offset: $0, remainder: $1) }
    let embeds = Self.embeds(image, reads, stride: stride, outputs: outputSize, points: points)
    if reach == 0 || embeds {
      inflation = 1
    } else if points >= 4 * degree {
      // M. Riesz (1914): a trigonometric polynomial of this degree stays above cos(degree · t) of its largest modulus
      // at distance t from it, and some frequency is within π/N.
      inflation = (1 / cos(.pi * Double(degree) / Double(points))) * (1 + 0x1p-40)
    } else {
      inflation = nil
    }
  }

  /// Whether the circular correlation on N positions has the zero-padded one as a submatrix: outputs that see the image
  /// and positions that are seen have places of their own, and no output sees by going around what it does not see.
  private static func embeds(
    _ image: Range<Int>, _ reads: [(offset: Int, remainder: Int)], stride: Int, outputs: Int, points: Int
  ) -> Bool {
    /// By remainder, the position that is seen at each place of the circle.
    var seen = [[Int?]](repeating: [Int?](repeating: nil, count: points), count: stride)
    var outputAt = [Int?](repeating: nil, count: points)
    var kept: [Int] = []
    for output in 0..<outputs {
      var seesImage = false
      for read in reads where image.contains((output + read.offset) * stride + read.remainder) {
        let position = output + read.offset
        guard seen[read.remainder][position % points] ?? position == position else { return false }
        seen[read.remainder][position % points] = position
        seesImage = true
      }
      guard seesImage else { continue }
      guard outputAt[output % points] == nil else { return false }
      outputAt[output % points] = output
      kept.append(output)
    }
    return kept.allSatisfy { output in
      reads.allSatisfy { read in
        let position = output + read.offset
        return seen[read.remainder][position % points] ?? position == position
      }
    }
  }
}
