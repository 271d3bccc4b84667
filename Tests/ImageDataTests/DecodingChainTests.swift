import Foundation
import RandomStreams
import Testing

@testable import ImageData

/// `ImageDecoder` against the steps of its policy, each taken alone.
@Suite struct DecodingChainTests {
  @Test func formsOfPolicies() {
    var policy = DecodingPolicy()
    #expect(ImageDecoder.form(policy, allGray: true) == .gray && ImageDecoder.form(policy, allGray: false) == .rgb)
    policy.alpha = .keep
    #expect(ImageDecoder.form(policy, allGray: true) == .grayAlpha)
    #expect(ImageDecoder.form(policy, allGray: false) == .rgbAlpha)
    policy.form = .gray
    #expect(ImageDecoder.form(policy, allGray: false) == .grayAlpha)
    policy.form = .rgb
    #expect(ImageDecoder.form(policy, allGray: true) == .rgbAlpha)
    policy.alpha = .composite
    #expect(ImageDecoder.form(policy, allGray: true) == .rgb)
  }

  /// Shape and pixels of every combination, of files that have colours or an orientation, and plain ones.
  @Test func decodersFollowTheirPolicy() throws {
    let golden = try DecodingGolden.load()
    let files = (golden.colors.map(\.png) + golden.turns.map(\.png)).map { [UInt8]($0) }
    for seed in 0..<400 {
      let stream = RandomStream(seed: UInt64(seed)).stream("policies")
      var policy = DecodingPolicy()
      policy.form = DecodingPolicy.Form.allCases[stream.integer(below: 3, at: 0)]
      policy.alpha = DecodingPolicy.Alpha.allCases[stream.integer(below: 2, at: 1)]
      policy.color = DecodingPolicy.Color.allCases[stream.integer(below: 2, at: 2)]
      policy.orientation = DecodingPolicy.Orientation.allCases[stream.integer(below: 2, at: 3)]
      policy.depth = SampleDepth.allCases[stream.integer(below: 2, at: 4)]
      policy.background = Background(red: 9, green: UInt8(stream.integer(below: 256, at: 5)), blue: 77)
      let file = files[stream.integer(below: files.count, at: 6)]
      let header = try PNG.header(of: file, path: "m", orientation: policy.orientation)
      let form = ImageDecoder.form(policy, allGray: header.isGray)
      let decoder = ImageDecoder(form: form, policy: policy, limits: PNGLimits())
      let shape = try decoder.shape(of: header, path: "m")
      var pixels = [UInt8](repeating: 0, count: shape.byteCount)
      let warnings = try pixels.withUnsafeMutableBytes { pixels in
        try file.withUnsafeBytes { try decoder.decode($0, path: "m", into: pixels) }
      }
      #expect(warnings.isEmpty, "seed \(seed)")
      let image = try PNG.decode(
        file, path: "m", as: form, over: policy.background, depth: policy.depth, color: policy.color,
        orientation: policy.orientation)
      #expect(try Image(shape: shape, pixels: pixels) == image, "seed \(seed)")
    }
  }

  @Test func buffersOfAnotherSizeAreRefused() throws {
    let decoder = ImageDecoder(form: .gray, policy: DecodingPolicy(), limits: PNGLimits())
    for count in [0, 3, 5] {
      var pixels = [UInt8](repeating: 0, count: count)
      let error = try dataError {
        try pixels.withUnsafeMutableBytes { pixels in
          _ = try HandmadePNG().bytes.withUnsafeBytes { try decoder.decode($0, path: "m", into: pixels) }
        }
      }
      #expect(error.reason.contains("do not fill"), "\(error)")
    }
  }
}
