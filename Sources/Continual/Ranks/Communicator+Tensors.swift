import Distributed
import TorchCore

extension Communicator {
  /// Everyone's value, added up.
  func sum(_ value: Double) throws -> Double {
    var values = [value]
    try sum(&values)
    return values[0]
  }

  /// Everyone's tensors of the same shapes and of one type, added up; as one message.
  func sum(_ tensors: [Tensor]) throws -> [Tensor] {
    guard let device = tensors.first?.device else { return [] }
    let flat = try Tensor.concatenated(tensors.map { try $0.reshaped([-1]) })
    let sums: Tensor
    if try flat.dtype == .float64 {
      var values = try flat.doubles()
      try sum(&values)
      sums = try Tensor(values, [values.count]).to(device)
    } else {
      var values = try flat.floats()
      try sum(&values)
      sums = try Tensor(values, [values.count]).to(device)
    }
    var start = 0
    return try tensors.map { tensor in
      defer { start += tensor.count }
      return try sums.narrowed(0, from: start, count: tensor.count).reshaped(tensor.shape).to(tensor.dtype)
    }
  }
}
