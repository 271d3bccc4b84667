import RandomStreams
import TorchCore

/// Where a decision-based attack starts: noise, whole or half blended with the clean image, the first that is
/// adversarial. Uniform noise alone seldom leaves a class that fills the middle of the box, so three kinds take turns:
/// uniform in every pixel, black or white in every pixel, and one colour a channel, which no layer averages to grey.
struct BlendedNoise {
  /// The samples for which a start was found, and their points.
  let rows: [Int]
  let points: Tensor

  /// Draws before a sample is given up.
  private static let draws = 240

  /// - Parameters:
  ///   - pixels: the whole batch.
  ///   - streams: one for each sample of the batch, for this start.
  ///   - rows: the samples that want a start.
  init(network: inout HardLabelNetwork, _ pixels: Tensor, streams: [RandomStream], rows: [Int]) throws {
    let shape = Array(pixels.shape.dropFirst())
    var found: [(rows: [Int], points: Tensor)] = []
    var wanted = rows
    for draw in 0..<Self.draws where !wanted.isEmpty {
      let uniform = try Tensor.uniform(
        perSample: wanted.map { streams[$0].stream(draw) }, draw % 3 == 2 ? [shape[0], 1, 1] : shape)
      let noise = try draw % 3 == 1 ? uniform.rounded() : uniform
      let clean = try pixels.selectingImages(Tensor(indices: wanted).to(pixels.device))
      let share = draw % 6 < 3 ? 1 : 0.5
      let blend = try (clean + (noise.to(pixels.device) - clean) * share).clamped(0, 1).channelsLast()
      let isAdversarial = try network.reaches(blend, rows: wanted)
      let places = isAdversarial.indices.filter { isAdversarial[$0] }
      guard !places.isEmpty else { continue }
      found.append((places.map { wanted[$0] }, try blend.selectingImages(Tensor(indices: places).to(pixels.device))))
      wanted = zip(wanted, isAdversarial).filter { !$1 }.map(\.0)
    }
    // In the batch's order, so that later passes do not depend on who found a start when.
    let order = found.flatMap(\.rows).enumerated().sorted { $0.element < $1.element }
    self.rows = order.map(\.element)
    points =
      try found.isEmpty
      ? pixels.narrowed(0, from: 0, count: 0)
      : Tensor.concatenated(found.map(\.points)).selectingImages(
        Tensor(indices: order.map(\.offset)).to(pixels.device))
  }
}
