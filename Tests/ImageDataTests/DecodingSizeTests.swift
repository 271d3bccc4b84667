import Foundation
import RandomStreams
import Testing

@testable import ImageData

/// Size is the last step: what it is given, and what becomes of its errors.
@Suite struct DecodingSizeTests {
  private func decode(_ file: [UInt8], _ policy: DecodingPolicy) throws -> Image {
    let header = try PNG.header(of: file, path: "a.png", orientation: policy.orientation)
    let form = ImageDecoder.form(policy, allGray: header.isGray)
    let decoder = ImageDecoder(form: form, policy: policy, limits: PNGLimits())
    let shape = try decoder.shape(of: header, path: "memory")
    var pixels = [UInt8](repeating: 0, count: shape.byteCount)
    _ = try pixels.withUnsafeMutableBytes { pixels in
      try file.withUnsafeBytes { try decoder.decode($0, path: "a.png", into: pixels) }
    }
    return try Image(shape: shape, pixels: pixels)
  }

  @Test func sizeComesAfterAllElse() throws {
    let golden = try DecodingGolden.load()
    for (seed, file) in (golden.colors.map(\.png) + golden.turns.map(\.png)).map({ [UInt8]($0) }).enumerated() {
      let stream = RandomStream(seed: UInt64(seed)).stream("sizes")
      var policy = DecodingPolicy()
      policy.alpha = DecodingPolicy.Alpha.allCases[stream.integer(below: 2, at: 0)]
      policy.depth = SampleDepth.allCases[stream.integer(below: 2, at: 1)]
      policy.color = .srgb
      policy.orientation = .upright
      policy.background = Background(red: 9, green: 200, blue: 77)
      let whole = try decode(file, policy)
      let sizing = Sizing(
        height: 1 + stream.integer(below: 9, at: 2), width: 1 + stream.integer(below: 9, at: 3),
        fit: Sizing.Fit.allCases[stream.integer(below: 3, at: 4)],
        filter: [.nearest, .bilinear, .area][stream.integer(below: 3, at: 5)])
      policy.sizing = sizing
      let shape = try sizing.resultShape(of: whole.shape)
      var expected = [UInt8](repeating: 0, count: shape.byteCount)
      try expected.withUnsafeMutableBytes { expected in
        try whole.pixels.withUnsafeBytes { try sizing.apply($0, whole.shape, over: policy.background, into: expected) }
      }
      #expect(try decode(file, policy) == Image(shape: shape, pixels: expected), "seed \(seed)")
    }
  }

  /// Corners of a stored 2 × 1 image, turned to 1 × 2, in the middle of a background.
  @Test func aTurnedImageIsPadded() throws {
    let exif = Array("MM".utf8) + [0, 42] + four(8) + [0, 1, 1, 18, 0, 3] + four(1) + [0, 6, 0, 0]
    let file = HandmadePNG(height: 1, extra: [("eXIf", exif)], rows: [0, 10, 20]).bytes
    var policy = DecodingPolicy()
    policy.orientation = .upright
    policy.background = .white
    policy.sizing = Sizing(height: 2, width: 3, fit: .pad, filter: .none)
    #expect(try decode(file, policy).pixels == [255, 10, 255, 255, 20, 255])
  }

  @Test func errorsNameTheFile() throws {
    var policy = DecodingPolicy()
    let decoder = { ImageDecoder(form: .gray, policy: policy, limits: PNGLimits()) }
    policy.sizing = Sizing(height: 1, width: 1, fit: .pad, filter: .none)
    var pixels: [UInt8] = [0]
    let error = try dataError {
      try pixels.withUnsafeMutableBytes { pixels in
        _ = try HandmadePNG().bytes.withUnsafeBytes { try decoder().decode($0, path: "a.png", into: pixels) }
      }
    }
    #expect(error.path == "a.png" && !error.reason.isEmpty, "\(error)")
  }
}
