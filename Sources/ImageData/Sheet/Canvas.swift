import CPixels

/// An RGB image to draw on.
struct Canvas {
  struct Color: Sendable, Hashable {
    let red: UInt8
    let green: UInt8
    let blue: UInt8
  }

  let width: Int
  let height: Int
  private(set) var pixels: [UInt8]

  /// - Throws: `DataError` if a size is below 1.
  init(width: Int, height: Int, color: Color) throws {
    self.width = width
    self.height = height
    pixels = [UInt8](repeating: 0, count: width * height * 3)
    // One pixel, drawn as large as the canvas.
    let pixel = try Image(width: 1, height: 1, channels: 3, pixels: [color.red, color.green, color.blue])
    draw(pixel, x: 0, y: 0, width: width, height: height, over: color)
  }

  /// Fills a rectangle, as far as it lies on the canvas.
  mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
    for row in max(y, 0)..<max(max(y, 0), min(y + height, self.height)) {
      for column in max(x, 0)..<max(max(x, 0), min(x + width, self.width)) {
        let place = (row * self.width + column) * 3
        (pixels[place], pixels[place + 1], pixels[place + 2]) = (color.red, color.green, color.blue)
      }
    }
  }

  /// Draws an image of 8 bits at another size. It has to lie on the canvas.
  mutating func draw(_ image: Image, x: Int, y: Int, width: Int, height: Int, over background: Color) {
    let over = [background.red, background.green, background.blue]
    let stride = self.width * 3
    pixels.withUnsafeMutableBufferPointer { canvas in
      cpixels_draw_tile(
        image.pixels, image.height, image.width, image.channels, over,
        canvas.baseAddress?.advanced(by: y * stride + x * 3), height, width, stride)
    }
  }

  /// Writes a line whose letters are `scale` times as large as the font's; (x, y) is the top left of the first.
  mutating func write(_ text: String, x: Int, y: Int, scale: Int, _ color: Color) {
    for (index, scalar) in text.unicodeScalars.enumerated() {
      for dot in BitmapFont.ink(scalar) {
        fill(
          x: x + (index * BitmapFont.advance + dot.x) * scale, y: y + dot.y * scale, width: scale, height: scale, color)
      }
    }
  }

  /// What is drawn.
  func image() throws -> Image { try Image(width: width, height: height, channels: 3, pixels: pixels) }

  /// How wide a line is, without the gap after its last letter.
  static func width(of text: String, scale: Int) -> Int {
    max(0, text.unicodeScalars.count * BitmapFont.advance - 1) * scale
  }
}
