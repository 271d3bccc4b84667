import CTorchShim

/// An n-dimensional array on a device, with its place in the autograd graph.
///
/// A tensor is a reference: copies share storage, and the few in-place operations say so by name. It is not Sendable;
/// torch work belongs to `TorchActor`, and data crosses to other threads as `HostTensor`.
public struct Tensor {
  /// Owns one C++ tensor. A class, so that the last copy of the value frees it.
  private final class Handle {
    let pointer: SFTensor
    init(adopting pointer: SFTensor) { self.pointer = pointer }
    deinit { sf_tensor_free(pointer) }
  }

  private let handle: Handle

  /// Takes ownership of a pointer that the shim handed out.
  init(adopting pointer: SFTensor) { handle = Handle(adopting: pointer) }

  /// The one way to the pointer: the tensor outlives the body, which the optimiser would otherwise not promise.
  func withPointer<Result>(_ body: (SFTensor) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(handle) { try body(handle.pointer) }
  }

  /// Runs a shim call that yields one tensor.
  static func yielded(by call: (UnsafeMutablePointer<SFTensor?>) -> SFStatus) throws -> Tensor {
    var out: SFTensor?
    try check(call(&out))
    guard let out else { throw TorchError(code: .internal, message: "the call yielded no tensor") }
    return Tensor(adopting: out)
  }

  /// Runs a shim call that yields two tensors.
  static func yieldedPair(
    by call: (UnsafeMutablePointer<SFTensor?>, UnsafeMutablePointer<SFTensor?>) -> SFStatus
  ) throws -> (Tensor, Tensor) {
    var first: SFTensor?
    var second: SFTensor?
    try check(call(&first, &second))
    guard let first, let second else { throw TorchError(code: .internal, message: "the call yielded no tensor") }
    return (Tensor(adopting: first), Tensor(adopting: second))
  }

  typealias UnaryCall = (SFTensor?, UnsafeMutablePointer<SFTensor?>?) -> SFStatus
  typealias BinaryCall = (SFTensor?, SFTensor?, UnsafeMutablePointer<SFTensor?>?) -> SFStatus
  typealias ScalarCall = (SFTensor?, Double, UnsafeMutablePointer<SFTensor?>?) -> SFStatus

  func unary(_ call: UnaryCall) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { call(pointer, $0) } }
  }

  func binary(_ other: Tensor, _ call: BinaryCall) throws -> Tensor {
    try withPointer { a in try other.withPointer { b in try Tensor.yielded { call(a, b, $0) } } }
  }

  func scalar(_ value: Double, _ call: ScalarCall) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { call(pointer, value, $0) } }
  }
}

extension Optional where Wrapped == Tensor {
  /// A null pointer stands for an absent tensor.
  func withPointer<Result>(_ body: (SFTensor?) throws -> Result) rethrows -> Result {
    guard let self else { return try body(nil) }
    return try self.withPointer { try body($0) }
  }
}

extension Collection where Element == Tensor {
  /// The pointers of all elements, alive for the length of the body.
  func withPointers<Result>(_ body: (UnsafePointer<SFTensor?>?, Int32) throws -> Result) rethrows -> Result {
    let tensors = Array(self)
    return try withExtendedLifetime(tensors) {
      let pointers: [SFTensor?] = tensors.map { $0.withPointer { $0 } }
      return try pointers.withUnsafeBufferPointer { try body($0.baseAddress, Int32($0.count)) }
    }
  }
}

extension Array where Element == Int {
  func withInt64<Result>(_ body: (UnsafePointer<Int64>?, Int32) throws -> Result) rethrows -> Result {
    try map(Int64.init).withUnsafeBufferPointer { try body($0.baseAddress, Int32($0.count)) }
  }
}
