import ResidualNets
import TorchCore

extension Module {
  /// Makes every tensor float64, in place; what goes in has to be float64 from then on.
  func becomeFloat64() throws { try mapTensors { try $0.to(.float64) } }
}

extension TaskNetwork {
  /// Makes trunk and head float64, in place; pixels have to be float64 from then on.
  func becomeFloat64() throws {
    try trunk.becomeFloat64()
    try head.becomeFloat64()
  }
}

extension DeployedNetwork {
  /// A copy in float64, where claims hold to rounding.
  func inDoublePrecision() throws -> DeployedNetwork { try mappingTensors { try $0.to(.float64) } }
}

extension LabelledTensors {
  /// A copy in float64.
  func inDoublePrecision() throws -> LabelledTensors {
    try LabelledTensors(pixels: pixels.to(.float64), labels: labels)
  }
}
