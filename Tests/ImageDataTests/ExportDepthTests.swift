import Foundation
import ImageData
import RandomStreams
import TensorFiles
import Testing

/// What stored samples become in an exported file, and what is said about it.
@Suite struct ExportDepthTests {
  /// Class folders `0` and `1`, each with the images, as `00000.png` and `00001.png` across them.
  private static func folder(_ images: [Image]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (number, image) in images.enumerated() {
      try folder.write(PNG.encode(image), to: "in/\(number % 2)/0000\(number).png")
    }
    return folder
  }

  private static func image(_ channels: Int, _ depth: SampleDepth, _ name: String) throws -> Image {
    let shape = try ImageShape(height: 2, width: 3, channels: channels, depth: depth)
    let stream = RandomStream(seed: 4).stream(name)
    return try Image(
      shape: shape, pixels: (0..<shape.byteCount).map { UInt8(truncatingIfNeeded: stream.bits(at: UInt64($0))) })
  }

  @Test func sixteenBitsAreKept() throws {
    let (deep, flat) = (try Self.image(1, .sixteen, "deep"), try Self.image(1, .eight, "flat"))
    let folder = try Self.folder([deep, flat])
    let (source, target) = (folder.url.appendingPathComponent("in"), folder.url.appendingPathComponent("out"))
    #expect(try DatasetExport.policy(for: source).depth == .sixteen)
    let refusal = try dataError { _ = try DatasetExport.write(source, as: .idx(gzip: false), to: target) }
    #expect(refusal.reason.contains("8-bit samples"))
    let summary = try DatasetExport.write(source, as: .npy, to: target)
    #expect(summary.shape.depth == .sixteen && summary.files == ["images.npy", "labels.npy"])
    #expect(summary.notes.count == 1 && summary.notes[0].contains("1 file of 8 bits or fewer"), "\(summary.notes)")
    // A sample of 8 bits is 257 times as much at 16.
    let wanted = deep.pixels + flat.pixels.flatMap { [$0, $0] }
    #expect(try [UInt8](Data(contentsOf: target.appendingPathComponent("images.npy"))).suffix(24) == wanted[...])
    // The same, asked for at 8 bits.
    var policy = try DatasetExport.policy(for: source)
    policy.depth = .eight
    let rounded = try DatasetExport.write(
      source, as: .idx(gzip: false), to: folder.url.appendingPathComponent("idx"), decoding: policy)
    #expect(rounded.notes.count == 1 && rounded.notes[0].contains("1 file of 16 bits"), "\(rounded.notes)")
    let bytes = try [UInt8](Data(contentsOf: folder.url.appendingPathComponent("idx/images-idx3-ubyte")))
    let half = stride(from: 0, to: 12, by: 2).map { index -> UInt8 in
      let value = Int(deep.pixels[index]) | Int(deep.pixels[index + 1]) << 8
      return UInt8((Double(value) / 257).rounded())
    }
    #expect(bytes.suffix(12) == (half + flat.pixels)[...])
  }

  @Test func transparencyIsKept() throws {
    let (clear, plain) = (try Self.image(4, .eight, "clear"), try Self.image(3, .eight, "plain"))
    let gray = try Self.image(2, .eight, "gray")
    let folder = try Self.folder([clear, plain, gray])
    func place(_ name: String) -> URL { folder.url.appendingPathComponent(name) }
    #expect(try DatasetExport.policy(for: place("in")).alpha == .keep)
    let summary = try DatasetExport.write(place("in"), as: .npz, to: place("out.npz"))
    #expect(summary.shape.channels == 4 && summary.sets.map(\.images) == [3])
    #expect(summary.notes.count == 2, "\(summary.notes)")
    #expect(summary.notes.contains { $0.contains("1 file without transparency") }, "\(summary.notes)")
    #expect(summary.notes.contains { $0.contains("1 file of gray") }, "\(summary.notes)")
    let opaque = (0..<6).flatMap { plain.pixels[3 * $0..<3 * $0 + 3] + [255] }
    let colored = (0..<6).flatMap { index -> [UInt8] in
      let (value, alpha) = (gray.pixels[2 * index], gray.pixels[2 * index + 1])
      return [value, value, value, alpha]
    }
    let arrays = try NPZ.read(contentsOf: place("out.npz"))
    #expect(arrays["images"]?.shape == [3, 2, 3, 4] && arrays["images"]?.bytes == clear.pixels + opaque + colored)
    #expect(arrays["labels"]?.bytes == [0, 1, 0])
    let refusal = try dataError { _ = try DatasetExport.write(place("in"), as: .cifar10, to: place("c")) }
    #expect(refusal.reason.contains("transparency"))
    var policy = DecodingPolicy()
    policy.background = .white
    let blended = try DatasetExport.write(place("in"), as: .npy, to: place("blended"), decoding: policy)
    #expect(blended.shape.channels == 3 && blended.notes.contains { $0.contains("2 files with transparency") })
  }

  /// Gray with alpha has two channels.
  @Test func grayWithAlphaComesBack() throws {
    let images = try ["a", "b", "c"].map { try Self.image(2, .sixteen, $0) }
    let folder = try Self.folder(images)
    func place(_ name: String) -> URL { folder.url.appendingPathComponent(name) }
    let options = ImportOptions(layout: .channelsLast)
    let summary = try DatasetExport.write(place("in"), as: .npz, to: place("out.npz"))
    #expect(summary.notes.isEmpty, "\(summary.notes)")
    _ = try DatasetImport.detect(place("out.npz"), options: options).write(to: place("again"))
    _ = try DatasetExport.write(place("again"), as: .npz, to: place("again.npz"))
    let arrays = try DatasetImport.detect(place("again.npz"), options: options)
    #expect(arrays.sets[0].shape == images[0].shape && arrays.sets[0].labels == [0, 1, 0])
    try arrays.sets[0].forEachBlock { _, samples in #expect(Array(samples) == images.flatMap(\.pixels)) }
  }

  @Test func damagedFilesAreListed() throws {
    let folder = try Self.folder(try ["a", "b", "c"].map { try Self.image(1, .eight, $0) })
    try folder.write([1, 2], to: "in/0/bad.png")
    let source = folder.url.appendingPathComponent("in")
    let summary = try DatasetExport.write(source, as: .npy, to: folder.url.appendingPathComponent("out"))
    #expect(summary.skipped.map(\.path) == ["0/bad.png"] && summary.sets.map(\.images) == [3])
    var strict = ImageFolderOptions()
    strict.strict = true
    let error = try dataError {
      _ = try DatasetExport.write(source, as: .npy, to: folder.url.appendingPathComponent("no"), options: strict)
    }
    #expect(error.path.hasSuffix("0/bad.png"))
    try folder.write([1], to: "empty/0/bad.png")
    let empty = folder.url.appendingPathComponent("empty")
    #expect(try dataError { _ = try DatasetExport.policy(for: empty) }.reason.contains("no readable PNG"))
  }
}
