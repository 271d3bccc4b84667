import Lipschitz
import TorchCore

/// Classification margins of samples as they pass through the blocks.
struct MarginCourse {
  /// Depth 0 … L × sample.
  let margins: [[Double]]

  /// - Throws: ``StudyError/unusable(_:)`` for a network whose readout does not fit every depth.
  @TorchActor init(_ chain: NetworkChain, on data: LabelledTensors) throws {
    margins = try chain.marginsByDepth(data.pixels, labels: data.labels).map { row in
      guard let row else { throw StudyError.unusable("margins at every depth need blocks of one shape") }
      return row
    }
  }

  init(margins: [[Double]]) { self.margins = margins }

  var final: [Double] { margins.last ?? [] }

  /// The mean margin at each depth, over some samples or all.
  func means(over samples: [Int]? = nil) -> [Double] {
    margins.map { row in Statistics.mean((samples ?? Array(row.indices)).map { row[$0] }) }
  }

  /// What the mean margin gains in each block.
  var increments: [Double] {
    let means = means()
    return zip(means.dropFirst(), means).map { $0 - $1 }
  }

  /// The share of samples, all or some, whose margin is positive at each depth: the accuracy there.
  func accuracies(over samples: [Int]? = nil) -> [Double] {
    margins.map { row in Statistics.mean((samples ?? Array(row.indices)).map { row[$0] > 0 ? 1 : 0 }) }
  }

  /// The mean gain from h₀ to h_L of the third of samples that a figure is lowest for, less that of the third that it
  /// is highest for.
  func excessGain(ofLowestBy figure: [Double]) -> Double {
    let thirds = Thirds(figure)
    func gain(_ samples: [Int]) -> Double {
      let means = means(over: samples)
      return (means.last ?? .nan) - (means.first ?? .nan)
    }
    return gain(thirds.lowest) - gain(thirds.highest)
  }
}
