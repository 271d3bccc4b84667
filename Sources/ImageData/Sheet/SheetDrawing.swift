import CPixels

/// Draws a contact sheet.
struct SheetDrawing {
  private static let background = Canvas.Color(red: 22, green: 25, blue: 32)
  private static let bright = Canvas.Color(red: 236, green: 239, blue: 244)
  private static let muted = Canvas.Color(red: 134, green: 143, blue: 160)
  private static let line = Canvas.Color(red: 48, green: 54, blue: 67)
  private static let accent = Canvas.Color(red: 122, green: 178, blue: 255)
  private static let empty = Canvas.Color(red: 33, green: 37, blue: 46)

  let sample: SheetSample
  let layout: SheetLayout
  let options: ContactSheet.Options

  func image() throws -> Image {
    var canvas = try Canvas(width: layout.size.width, height: layout.size.height, color: Self.background)
    drawHead(&canvas)
    for index in 0..<layout.shownClasses { drawName(index, &canvas) }
    try drawTiles(&canvas)
    let left = sample.classes.count - layout.shownClasses
    if left > 0 {
      canvas.write(
        "and \(left) more \(left == 1 ? "class" : "classes")", x: SheetLayout.margin,
        y: layout.size.height - SheetLayout.margin - BitmapFont.height, scale: 2, Self.muted)
    }
    return try canvas.image()
  }

  private func drawHead(_ canvas: inout Canvas) {
    let (x, y) = (SheetLayout.margin, SheetLayout.margin)
    canvas.write(clipped(sample.title, scale: 3, width: layout.size.width - 2 * x), x: x, y: y, scale: 3, Self.bright)
    let total = sample.groups.reduce(0) { $0 + $1.count }
    var facts = ["\(sample.classes.count) classes", "\(total) images"]
    if let size = sample.commonSize { facts.append("\(size.width) x \(size.height) pixels") }
    let text = clipped(facts.joined(separator: "   "), scale: 2, width: layout.size.width - 2 * x)
    canvas.write(text, x: x, y: y + 34, scale: 2, Self.muted)
    for column in 0..<layout.columns where column * layout.rows < layout.shownClasses {
      let start = layout.place(ofClass: column * layout.rows).x
      for (index, group) in sample.groups.enumerated() {
        let left = start + layout.offset(ofGroup: index)
        let width = layout.perClass * (layout.tile + SheetLayout.tileGap) - SheetLayout.tileGap
        canvas.write(clipped(group.name, scale: 2, width: width), x: left, y: y + 64, scale: 2, Self.accent)
        canvas.fill(x: left, y: y + SheetLayout.headHeight - 9, width: width, height: 1, Self.line)
      }
    }
  }

  private func drawName(_ index: Int, _ canvas: inout Canvas) {
    let (x, top) = layout.place(ofClass: index)
    let height = SheetLayout.rowHeight(layout.tile)
    // The two lines of text, as one block in the middle of the row.
    let y = top + (height - 2 * BitmapFont.baseline - 8 - BitmapFont.baseline) / 2
    canvas.write(Self.short(sample.classes[index]), x: x, y: y, scale: 2, Self.bright)
    let counts = sample.groups.prefix(4).map { "\($0.classes[index].count)" }.joined(separator: " + ")
    let text = sample.groups.count > 4 ? counts + " ..." : counts
    canvas.write(
      clipped(text, scale: 1, width: layout.labelWidth - 8), x: x, y: y + 2 * BitmapFont.baseline + 8, scale: 1,
      Self.muted)
  }

  private func drawTiles(_ canvas: inout Canvas) throws {
    var tiles: [(path: String, x: Int, y: Int)] = []
    for index in 0..<layout.shownClasses {
      let (x, top) = layout.place(ofClass: index)
      let y = top + (SheetLayout.rowHeight(layout.tile) - layout.tile) / 2
      for (number, group) in sample.groups.enumerated() {
        for (slot, path) in group.classes[index].shown.prefix(layout.perClass).enumerated() {
          tiles.append(
            (path, x + layout.offset(ofGroup: number) + slot * (layout.tile + SheetLayout.tileGap), y))
        }
      }
    }
    let paths = tiles.map(\.path)
    let images = FileWorkers(threads: options.threads).map(paths.count) { reader, index in
      try? shrunk(paths[index], reader)
    }
    for (tile, image) in zip(tiles, images) {
      guard let image else {
        drawDamaged(x: tile.x, y: tile.y, &canvas)
        continue
      }
      canvas.draw(
        image, x: tile.x + (layout.tile - image.width) / 2, y: tile.y + (layout.tile - image.height) / 2,
        width: image.width, height: image.height, over: Self.empty)
    }
  }

  /// An image in the size that it is shown in, so that the files' own sizes are never in memory together.
  private func shrunk(_ path: String, _ reader: FileReader) throws -> Image {
    try reader.withContent(of: path, limit: options.limits.maximumFileBytes) { bytes in
      let image = try PNG.decodeWithWarnings(bytes, path: path, options: PNGOptions(), limits: options.limits).image
      let longest = max(image.width, image.height)
      // Small images of a set of several sizes keep whole factors of their own.
      let factor = layout.tile / longest
      let (width, height) =
        factor >= 1
        ? (image.width * factor, image.height * factor)
        : (max(1, image.width * layout.tile / longest), max(1, image.height * layout.tile / longest))
      var small = try Canvas(width: width, height: height, color: Self.empty)
      small.draw(image, x: 0, y: 0, width: width, height: height, over: Self.empty)
      return try small.image()
    }
  }

  private func drawDamaged(x: Int, y: Int, _ canvas: inout Canvas) {
    canvas.fill(x: x, y: y, width: layout.tile, height: layout.tile, Self.empty)
    for step in 0..<layout.tile {
      canvas.fill(x: x + step, y: y + step, width: 1, height: 1, Self.muted)
      canvas.fill(x: x + layout.tile - 1 - step, y: y + step, width: 1, height: 1, Self.muted)
    }
  }

  private func clipped(_ text: String, scale: Int, width: Int) -> String {
    let room = max(1, (width + scale) / (BitmapFont.advance * scale))
    return Self.short(text, length: room)
  }

  /// A text of at most so many letters.
  static func short(_ text: String, length: Int = SheetLayout.nameLength) -> String {
    let scalars = text.unicodeScalars
    if scalars.count <= length { return text }
    return String(String.UnicodeScalarView(scalars.prefix(max(0, length - 2)))) + ".."
  }
}
