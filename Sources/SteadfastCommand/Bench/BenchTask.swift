import ArgumentParser
import Foundation
import Steadfast

/// One figure of `bench`.
enum BenchTask: String, CaseIterable, ExpressibleByArgument {
  case data, matmul, training, inference, fgsm, bounds, continual
  case reducedTraining = "training-bf16"
  case reducedInference = "inference-bf16"
  case gradient
  case reducedGradient = "gradient-bf16"

  /// Whether the work can be done elsewhere than on the CPU.
  var movesToDevices: Bool {
    switch self {
    case .data, .bounds, .continual: false
    case .matmul, .training, .inference, .fgsm, .reducedTraining, .reducedInference, .gradient, .reducedGradient: true
    }
  }

  @TorchActor
  func measure(_ stopwatch: Stopwatch, images: URL) throws -> [BenchFindings.Row] {
    switch self {
    case .data: try DataBench(folder: images, stopwatch: stopwatch).rows()
    case .matmul: [try matmul(stopwatch)]
    case .training: [try training(stopwatch, .full)]
    case .inference: [try inference(stopwatch, .full)]
    case .fgsm: [try fgsm(stopwatch)]
    case .bounds: [try bounds(stopwatch)]
    case .reducedTraining: [try training(stopwatch, .bf16)]
    case .reducedInference: [try inference(stopwatch, .bf16)]
    case .gradient: [try gradient(stopwatch, .full)]
    case .reducedGradient: [try gradient(stopwatch, .bf16)]
    case .continual: try ContinualBench(folder: images, threads: Torch.threads).rows()
    }
  }

  private func matmul(_ stopwatch: Stopwatch) throws -> BenchFindings.Row {
    let size = 2048
    let stream = RandomStream(seed: 0)
    let (a, b) = try (
      Tensor.uniform([size, size], stream.stream("a")).to(stopwatch.device),
      Tensor.uniform([size, size], stream.stream("b")).to(stopwatch.device)
    )
    let seconds = try withoutGradients { try stopwatch.fastest { _ = try a.matmul(b) } }
    let flops = 2 * Double(size) * Double(size) * Double(size) / seconds
    return row(1 / seconds, "products/s", "fp32, \(size)×\(size) by \(size)×\(size)", gigaflops: flops / 1e9)
  }

  @TorchActor
  private func training(_ stopwatch: Stopwatch, _ precision: Precision) throws -> BenchFindings.Row {
    let sample = try BenchSample(on: stopwatch.device)
    let difference = try precision == .bf16 ? ", \(sample.gradientDifference())" : ""
    let optimizer = try sample.optimizer()
    let seconds = try stopwatch.fastest { try optimizer.minimize(sample.loss(precision), rate: 1e-3) }
    return row(sample, 3, seconds, "forward, backward, SGD" + difference)
  }

  @TorchActor
  private func inference(_ stopwatch: Stopwatch, _ precision: Precision) throws -> BenchFindings.Row {
    let sample = try BenchSample(on: stopwatch.device)
    let network = try sample.network.deployed()
    let form = try network.computing(in: precision)
    let difference = try precision == .bf16 ? ", \(sample.answerDifference(network, form))" : ""
    let seconds = try withoutGradients { try stopwatch.fastest { _ = try form.logits(sample.pixels) } }
    return row(sample, 1, seconds, "deployed network" + difference)
  }

  @TorchActor
  private func fgsm(_ stopwatch: Stopwatch) throws -> BenchFindings.Row {
    let sample = try BenchSample(on: stopwatch.device)
    let network = try sample.network.deployed()
    // The labels the network gives: an image that is wrong already would not be attacked.
    let labels = try network.logits(sample.pixels).argmax(1).integers()
    let ball = PerturbationBall(.linf, try Rational(8, over: 255))
    let seconds = try stopwatch.fastest {
      _ = try FGSM().perturb(network, pixels: sample.pixels, labels: labels, within: ball)
    }
    return row(sample, 3, seconds, "gradient and verdict, deployed network, every image right clean")
  }

  /// What an attack's search is made of: logits and the gradient with respect to the pixels, without a verdict after.
  @TorchActor
  private func gradient(_ stopwatch: Stopwatch, _ precision: Precision) throws -> BenchFindings.Row {
    let sample = try BenchSample(on: stopwatch.device)
    let network = try sample.network.deployed().computing(in: precision)
    let labels = try network.logits(sample.pixels).argmax(1).integers()
    let seconds = try stopwatch.fastest { _ = try AttackBatch(network, pixels: sample.pixels, labels: labels) }
    return row(sample, 3, seconds, "logits and the gradient of the pixels, deployed network")
  }

  @TorchActor
  private func bounds(_ stopwatch: Stopwatch) throws -> BenchFindings.Row {
    let network = try BenchSample(on: .cpu).network.deployed()
    let seconds = try stopwatch.fastest { _ = try network.lipschitzBound() }
    return row(1 / seconds, "networks/s", "rigorous L2 bound of the whole network")
  }

  private func row(_ rate: Double, _ unit: String, _ note: String, gigaflops: Double? = nil) -> BenchFindings.Row {
    BenchFindings.Row(name: rawValue, rate: rate, unit: unit, gigaflopsPerSecond: gigaflops, note: note)
  }

  /// - Parameter passes: forward passes' worth of arithmetic per image.
  private func row(_ sample: BenchSample, _ passes: Double, _ seconds: Double, _ note: String) -> BenchFindings.Row {
    let rate = Double(BenchSample.batchSize) / seconds
    return row(rate, "img/s", note, gigaflops: rate * passes * BenchSample.flopsPerImage / 1e9)
  }
}

extension DeployedNetwork {
  fileprivate func computing(in precision: Precision) throws -> any Classifier {
    precision == .bf16 ? try inReducedPrecision() : self
  }
}
