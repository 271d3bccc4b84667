import OrderedCollections
import TensorFiles

/// How many steps an optimizer has taken, as a tensor in its state.
enum StepCount {
  static let key = "step"
  /// More than any training takes, and far from overflow.
  private static let mostSteps: Int64 = 1 << 48

  static func stored(_ count: Int) throws -> HostTensor { try HostTensor([Int64(count)], shape: []) }

  static func read(_ state: OrderedDictionary<String, HostTensor>) throws -> Int {
    guard let tensor = state[key], tensor.shape.isEmpty, let value = try? tensor.values(as: Int64.self).first,
      (0...mostSteps).contains(value)
    else {
      throw StateError(reason: "the optimizer's step count '\(key)' is missing, or no number of steps")
    }
    return Int(value)
  }
}
