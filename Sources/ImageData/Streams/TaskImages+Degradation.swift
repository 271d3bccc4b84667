import RandomStreams

extension TaskImages {
  /// The samples of the images at some places, degraded as they are stored and then seen as the task sees them: what a
  /// worse camera would have given it.
  ///
  /// - Parameter stream: each image draws from the stream of its index in its set, whatever batch it is in.
  /// - Precondition: every place is in `0..<count`.
  /// - Throws: `DataError` where pixels cannot be had any more, or memory is short.
  public func gather(_ places: [Int], degradedBy degradation: Degradation, _ stream: RandomStream) throws -> [UInt8] {
    let chosen = places.map { indices[$0] }
    var pixels = try images.gather(chosen)
    try degradation.apply(to: &pixels, shape: shape) { stream.stream(chosen[$0]) }
    try view.apply(to: &pixels, shape: shape, images: chosen)
    return pixels
  }
}
