import Foundation
import Testing
import TorchCore

@testable import ResidualNets

/// Single layers against PyTorch (`Tools/oracles/layers.py`).
@TorchActor
@Suite struct LayerGoldenTests {
  /// What the golden file says of a case; absent fields have PyTorch's defaults.
  private struct Settings: Decodable {
    let layer: String
    var kernel, stride, padding, dilation: Lengths?
    var groups: Int?
    var shape: [Int]?
    var eps, momentum: Double?
  }

  /// One length for both directions, or one each.
  private struct Lengths: Decodable {
    let both: [Int]
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let single = try? container.decode(Int.self) {
        both = [single, single]
      } else {
        both = try container.decode([Int].self)
      }
    }
  }

  @Test(arguments: [(DType.float64, 2e-7), (.float32, 2e-6)]) func everyCaseAgrees(dtype: DType, tolerance: Double)
    throws
  {
    let golden = try Golden("layers")
    var compared: Set<String> = []
    for (name, json) in golden.file.metadata where name != "made_by" {
      let settings = try JSONDecoder().decode(Settings.self, from: Data(json.utf8))
      func tensor(_ part: String) throws -> Tensor? { try golden.optional("\(name).\(part)")?.to(dtype) }
      let input = try #require(try tensor("input"))
      let (weight, bias) = try (tensor("weight"), tensor("bias"))
      let geometry = ConvolutionGeometry(
        stride: settings.stride?.both ?? [1, 1], padding: settings.padding?.both ?? [0, 0],
        dilation: settings.dilation?.both ?? [1, 1], groups: settings.groups ?? 1)

      let output: Tensor
      switch settings.layer {
      case "Linear": output = try input.linear(#require(weight), bias)
      case "Conv2d": output = try input.conv2d(#require(weight), bias, geometry)
      case "GroupNorm":
        output = try input.groupNorm(
          groups: geometry.groups, weight: weight, bias: bias, epsilon: #require(settings.eps))
      case "LayerNorm":
        output = try input.layerNorm(
          #require(settings.shape), weight: weight, bias: bias, epsilon: #require(settings.eps))
      case "BatchNorm2d", "BatchNorm1d":
        let (mean, variance) = try (#require(try tensor("running_mean")), #require(try tensor("running_var")))
        output = try input.batchNorm(
          weight: weight, bias: bias, mean: mean, variance: variance, training: name.hasSuffix("_train"),
          momentum: settings.momentum ?? 0.1, epsilon: #require(settings.eps))
        if name.hasSuffix("_train") {
          try expectClose(mean, golden("\(name).after.running_mean"), within: tolerance, name)
          try expectClose(variance, golden("\(name).after.running_var"), within: tolerance, name)
        }
      case "MaxPool2d":
        output = try input.maxPool2d(
          kernel: #require(settings.kernel).both[0], stride: geometry.stride[0], padding: geometry.padding[0])
      case "AvgPool2d":
        output = try input.averagePool2d(
          kernel: #require(settings.kernel).both[0], stride: geometry.stride[0], padding: geometry.padding[0])
      case "AdaptiveAvgPool2d" where name == "global_average_pool":
        output = try input.globalAveragePool().reshaped([3, 4, 1, 1])
      case "ReLU": output = try input.relu()
      // A mean over a grid of cells is not offered here.
      case "AdaptiveAvgPool2d": continue
      default:
        Issue.record("layer \(settings.layer) is not compared")
        continue
      }
      try expectClose(output, golden("\(name).output"), within: tolerance, name)
      compared.insert(name)
    }
    #expect(compared.count == 24)
  }
}
