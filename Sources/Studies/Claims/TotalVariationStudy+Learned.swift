import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// |1 − TV(F)| ≤ TV(x + F) ≤ 1 + TV(F) of trained networks. Source: Jordan 1881.
extension TotalVariationStudy {
  @TorchActor func learnedFunctions(
    _ setting: StudySetting, _ stream: RandomStream
  ) throws -> (brackets: [VariationBracket], curves: [StudyFigure.Series]) {
    let targets: [(String, (Double) -> Double)] = [
      ("rising", { $0 * $0 }), ("falling", { 1 - $0 }), ("oscillating", { 0.5 + 0.4 * sin(6 * .pi * $0) }),
    ]
    let x = try unitInterval(points)
    let column = try x.reshaped([points, 1])
    var brackets: [VariationBracket] = []
    var curves: [StudyFigure.Series] = []
    for (name, target) in targets {
      let wanted = try Tensor(x.doubles().map { Float(target($0)) }, [points, 1])
      let network = try ScalarNetwork(depth: 4, width: 32, stream: stream.stream(name))
      let plan = TrainingPlan(
        length: .steps(setting.choose(tiny: 10, quick: 1_000, full: 10_000)),
        optimizer: OptimizerDescription(kind: .adam, learningRate: 0.01, weightDecay: 0), schedule: .cosine)
      let data = try LabelledTensors(pixels: column.to(.float32), labels: Array(repeating: 0, count: points))
      try train(network.parameters, on: data, plan: plan, stream: stream.stream("order")) { batch, places in
        try (network(batch.pixels) - wanted.selecting(0, Tensor(indices: places))).squared().mean()
      }.requireEnd(of: "the network that learns the \(name) function")
      try network.becomeFloat64()
      let (learned, blocks) = try withoutGradients {
        (try network(column), try (0..<network.depth).map { try network.branch($0, column) })
      }
      let rows = try Tensor.concatenated([learned - column] + blocks, 1).transposed().contiguous()
      let values = try Tensor.concatenated([learned] + blocks.map { try column + $0 }, 1).transposed().contiguous()
      brackets += try VariationBracket.each(branch: rows, residual: values)
      curves = try [("x + F", learned), ("F", learned - column), ("target", wanted)].map { name, values in
        let pairs = try zip(x.doubles(), values.doubles())
        return StudyFigure.Series(name: name, points: pairs.map { StudyFigure.Point(x: $0, y: $1) })
      }
    }
    return (brackets, curves)
  }

  /// One bracket for each block and test image.
  @TorchActor func imageLines(_ setting: StudySetting, _ stream: RandomStream) throws -> [VariationBracket] {
    let images = try setting.images(side: 8, train: setting.choose(tiny: 60, quick: 2_000, full: 60_000), test: 40)
    let network = try images.trainedNetwork(
      NetworkDescription(architecture: .mlp, depth: 6, width: 48, norm: .none),
      plan: TrainingPlan(
        length: .epochs(setting.choose(tiny: 1, quick: 10, full: 40)),
        optimizer: OptimizerDescription(kind: .adam, learningRate: 2e-3, weightDecay: 0), schedule: .cosine),
      stream)
    try network.trunk.becomeFloat64()
    let chain = NetworkChain(network)
    let t = try unitInterval(points).reshaped([points, 1])
    return try withoutGradients {
      let states = try chain.states(images.test.pixels.to(.float64))
      return try chain.steps.indices.flatMap { index in
        try (0..<images.test.count).flatMap { image in
          let h = try states[index].narrowed(0, from: image, count: 1)
          let value = try chain.steps[index].apply(h) - h
          let direction = try value / value.norm().maximum(Tensor.full(1e-300, [], dtype: .float64)) * h.norm()
          let line = try h + t * direction
          let after = try chain.steps[index].apply(line)
          // The coordinate along the line, from 0 to 1 before the block.
          let unit = try direction.transposed() / direction.squared().sum()
          let branch = try (after - line).matmul(unit).transposed().contiguous()
          let residual = try (after - h).matmul(unit).transposed().contiguous()
          return try VariationBracket.each(branch: branch, residual: residual)
        }
      }
    }
  }
}
