import ResidualNets
import TorchCore

extension TaskNetwork {
  /// Runs the body and puts every buffer back as it was: a pass in training mode that only measures leaves norms and
  /// norm constraints where training had them.
  func keepingStatistics<Result>(_ body: () throws -> Result) throws -> Result {
    let buffers = Array(Members(of: trunk).buffers.values) + Array(Members(of: head).buffers.values)
    let before = try buffers.map { try $0.value.clone() }
    let result = try body()
    for (buffer, value) in zip(buffers, before) { try buffer.value.assign(value) }
    return result
  }
}
