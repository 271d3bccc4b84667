/// What the samples of a file become, apart from their size.
struct PNGOptions: Sendable, Hashable {
  var form = PixelForm.natural
  var background = Background.black
  var depth = SampleDepth.eight
  var color = DecodingPolicy.Color.stored
  var orientation = DecodingPolicy.Orientation.stored
}

extension PNGHeader {
  /// The shape of the image that a file becomes.
  ///
  /// - Throws: `DataError` if it has more bytes than can be counted.
  func shape(_ options: PNGOptions) throws -> ImageShape {
    try ImageShape(
      height: uprightHeight, width: uprightWidth, channels: channels(as: options.form), depth: options.depth)
  }
}
