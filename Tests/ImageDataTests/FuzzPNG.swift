import RandomStreams

@testable import ImageData

extension FuzzTarget {
  /// Small, so that an input costs little.
  static let pngLimits = PNGLimits(maximumPixels: 1 << 12, maximumSide: 1 << 10)

  static func readPNG(_ input: [UInt8]) throws {
    var options = options(for: input)
    let form = PixelForm.allCases[Int.random(in: PixelForm.allCases.indices, using: &options)]
    let background = Background(red: .random(in: 0...255, using: &options), green: 7, blue: 255)
    let image = try PNG.decode(input, path: path, as: form, over: background, limits: pngLimits)
    let rewrites = Int.random(in: 0..<4, using: &options) == 0
    try accepted("what follows") {
      let header = try PNG.header(of: input, path: path, limits: pngLimits)
      try promise(
        image.shape
          == ImageShape(height: header.height, width: header.width, channels: header.channels(as: form)),
        "\(image.shape) came of \(header)")
      try promise(image.pixels.count == image.shape.byteCount, "\(image.pixels.count) bytes for \(image.shape)")
      if rewrites {
        let again = try PNG.decode(PNG.encode(image), path: path, limits: pngLimits)
        try promise(again == image, "the image changes when it is written and read")
      }
    }
    try decodeUnderPolicy(input, &options)
  }

  /// Decodes under a policy of random choices, into two buffers of different content: what the decoder leaves unwritten
  /// shows as a difference.
  private static func decodeUnderPolicy(_ input: [UInt8], _ options: inout StreamGenerator) throws {
    let policy = randomPolicy(&options)
    let form = ImageDecoder.form(policy, allGray: Bool.random(using: &options))
    let decoder = ImageDecoder(form: form, policy: policy, limits: pngLimits)
    let header = try PNG.header(of: input, path: path, limits: pngLimits, orientation: policy.orientation)
    let shape = try decoder.shape(of: header, path: path)
    let buffers = try [UInt8(0x5A), 0xA5].map { filler in
      var pixels = [UInt8](repeating: filler, count: shape.byteCount)
      try input.withUnsafeBytes { bytes in
        try pixels.withUnsafeMutableBytes { _ = try decoder.decode(bytes, path: path, into: $0) }
      }
      return pixels
    }
    try promise(buffers[0] == buffers[1], "samples are left unwritten under \(policy)")
  }

  private static func randomPolicy(_ options: inout StreamGenerator) -> DecodingPolicy {
    func one<Choice: CaseIterable>(of type: Choice.Type) -> Choice where Choice.AllCases == [Choice] {
      Choice.allCases[Int.random(in: Choice.allCases.indices, using: &options)]
    }
    var policy = DecodingPolicy()
    policy.form = one(of: DecodingPolicy.Form.self)
    policy.alpha = one(of: DecodingPolicy.Alpha.self)
    policy.color = one(of: DecodingPolicy.Color.self)
    policy.orientation = one(of: DecodingPolicy.Orientation.self)
    policy.depth = one(of: SampleDepth.self)
    policy.background = Background(red: 200, green: 0, blue: 90)
    if Bool.random(using: &options) {
      policy.sizing = Sizing(
        height: .random(in: 1...12, using: &options), width: .random(in: 1...12, using: &options),
        fit: one(of: Sizing.Fit.self), filter: one(of: Sizing.Filter.self))
    }
    return policy
  }
}
