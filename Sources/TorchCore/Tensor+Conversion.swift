import CTorchShim

extension Tensor {
  /// The same values in another element type; the tensor itself where it has that type already.
  public func to(_ dtype: DType) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_to_type(pointer, dtype.code, $0) } }
  }

  /// The same values on another device; the tensor itself where it is there already.
  /// - Throws: `TorchError` where there is no such device.
  public func to(_ device: Device) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_to_device(pointer, device.code, $0) } }
  }

  /// The same values in double precision on the CPU, outside any graph.
  package func doublesOnCPU() throws -> Tensor { try detached().to(.cpu).to(.float64) }

  /// The same N×C×H×W tensor, lying in memory as N×H×W×C.
  public func channelsLast() throws -> Tensor { try unary(sf_channels_last) }

  /// The same values in row-major order in memory; the tensor itself where they lie so.
  public func contiguous() throws -> Tensor { try unary(sf_contiguous) }

  /// A copy with storage of its own, still connected to the graph.
  public func clone() throws -> Tensor { try unary(sf_clone) }

  /// The same storage, cut off from the graph.
  public func detached() throws -> Tensor { try unary(sf_detach) }
}
