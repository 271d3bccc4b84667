import Foundation
import ImageData
import Results
import Testing

@testable import Reporting

@Suite struct GalleryTests {
  private func item(_ original: String, _ adversarial: String) throws -> GalleryItem {
    GalleryItem(
      task: "t", trueClass: "a", original: original, adversarial: adversarial, norm: .linf,
      epsilon: try Rational("2/255"), attack: "fgsm", predictedClean: "a", predictedAdversarial: "b")
  }

  @Test func pixelsArriveUnchangedAndTheDifferenceIsCentred() throws {
    try withFolder { folder in
      let original = try Image(width: 2, height: 1, channels: 1, pixels: [10, 200])
      let adversarial = try Image(width: 2, height: 1, channels: 1, pixels: [12, 199])
      try PNG.write(original, to: folder.appending(path: "o.png"))
      try PNG.write(adversarial, to: folder.appending(path: "a.png"))
      let pictures = try GalleryImages(folder: folder).pictures(of: item("o.png", "a.png"))
      #expect(try decode(pictures.original) == original)
      #expect(try decode(pictures.adversarial) == adversarial)
      #expect(pictures.magnification == 50)
      #expect(try decode(#require(pictures.difference)).pixels == [128 + 100, 128 - 50])
    }
  }

  @Test func alphaStaysOpaqueAndEqualImagesAreGray() throws {
    let image = try Image(width: 1, height: 1, channels: 4, pixels: [1, 2, 3, 9])
    let (difference, magnification) = try #require(try GalleryImages.difference(image, image))
    #expect(difference.pixels == [128, 128, 128, 255] && magnification == 1)
    let other = try Image(width: 1, height: 1, channels: 1, pixels: [1])
    #expect(try GalleryImages.difference(image, other) == nil)
  }

  /// Results may come from a stranger; so may the folder's links.
  @Test func nothingOutsideTheFolderIsRead() throws {
    try withFolder { folder in
      let inside = folder.appending(path: "run")
      try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
      let image = try Image(width: 1, height: 1, channels: 1, pixels: [1])
      try PNG.write(image, to: folder.appending(path: "secret.png"))
      try PNG.write(image, to: inside.appending(path: "fine.png"))
      try FileManager.default.createSymbolicLink(
        at: inside.appending(path: "link.png"), withDestinationURL: folder.appending(path: "secret.png"))
      let images = GalleryImages(folder: inside)
      let absolute = folder.appending(path: "secret.png").path
      for path in ["../secret.png", "x/../../secret.png", absolute, "link.png", "", "fine.png/..", "fi\0ne.png"] {
        #expect(throws: GalleryError.self, "\(path)") { try images.pictures(of: item(path, "fine.png")) }
      }
      _ = try images.pictures(of: item("fine.png", "fine.png"))
      #expect(throws: GalleryError.self) { try GalleryImages(folder: nil).pictures(of: item("fine.png", "fine.png")) }
    }
  }

  @Test func anImageThatIsNoneIsSaidSo() throws {
    try withFolder { folder in
      try Data("no image".utf8).write(to: folder.appending(path: "o.png"))
      var results = Results(name: "r", strategy: "s", network: "", seed: 0, tasks: [])
      results.gallery = [try item("o.png", "missing.png"), try item("missing.png", "o.png")]
      let html = try Report(results, images: folder).html()
      #expect(html.components(separatedBy: "The images cannot be shown").count == 3)
      #expect(!html.contains("<img"))
    }
  }

  private func decode(_ uri: String) throws -> Image {
    let prefix = "data:image/png;base64,"
    #expect(uri.hasPrefix(prefix))
    let data = try #require(Data(base64Encoded: String(uri.dropFirst(prefix.count))))
    return try PNG.decode([UInt8](data), path: "uri")
  }
}
