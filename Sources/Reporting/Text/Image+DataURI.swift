import Foundation
import ImageData

extension Image {
  /// As a page holds it.
  func dataURI() throws -> String { "data:image/png;base64," + Data(try PNG.encode(self)).base64EncodedString() }
}
