/// Where everything on a contact sheet is, in pixels.
struct SheetLayout {
  static let margin = 28
  static let tileGap = 4
  static let groupGap = 26
  static let columnGap = 44
  static let rowGap = 10
  /// The title, the line below it, and the names of the groups.
  static let headHeight = 92
  static let footHeight = 26
  /// Letters of a class's name that are shown.
  static let nameLength = 22
  private static let smallestTile = 16

  /// The side of the square that an image is fitted into.
  let tile: Int
  /// Tiles of a class in a group.
  let perClass: Int
  let columns: Int
  let rows: Int
  let labelWidth: Int
  let groups: Int
  /// Classes that find room.
  let shownClasses: Int

  /// - Throws: `DataError` if the smallest tiles are still too wide.
  init(_ sample: SheetSample, _ options: ContactSheet.Options) throws {
    let names = sample.classes.map { Canvas.width(of: SheetDrawing.short($0), scale: 2) }
    let label = max(names.max() ?? 0, 60) + 20
    let columns = max(1, min(options.columns, sample.classes.count))
    let wantedRows = (sample.classes.count + columns - 1) / columns
    var perClass = max(1, sample.groups.flatMap { $0.classes.map(\.shown.count) }.max() ?? 1)
    var tile = Self.comfortableTile(sample.longestSide)
    func width() -> Int {
      Self.width(tile: tile, perClass: perClass, groups: sample.groups.count, columns: columns, label: label)
    }
    func height(_ rows: Int) -> Int { Self.height(tile: tile, rows: rows, isCut: rows < wantedRows) }
    while tile > Self.smallestTile, width() > options.maximumSide || height(wantedRows) > options.maximumSide {
      tile = max(Self.smallestTile, tile * 3 / 4)
    }
    while perClass > 1, width() > options.maximumSide { perClass -= 1 }
    var rows = wantedRows
    while rows > 1, height(rows) > options.maximumSide { rows -= 1 }
    guard width() <= options.maximumSide, height(rows) <= options.maximumSide else {
      throw DataError(
        code: .badData, path: sample.title,
        reason: "a sheet of \(width()) × \(height(rows)) pixels, and its sides may have \(options.maximumSide)",
        advice: "Allow a larger side, fewer columns, or name one domain.")
    }
    labelWidth = label
    groups = sample.groups.count
    self.columns = columns
    self.tile = tile
    self.perClass = perClass
    self.rows = rows
    shownClasses = min(sample.classes.count, rows * columns)
    size = (width(), height(rows))
  }

  /// Of the whole sheet.
  let size: (width: Int, height: Int)

  /// Where the block of a class begins: its name, and to the right of it its tiles.
  func place(ofClass index: Int) -> (x: Int, y: Int) {
    let block = Self.blockWidth(tile: tile, perClass: perClass, groups: groups, label: labelWidth)
    return (
      Self.margin + index / rows * (block + Self.columnGap),
      Self.margin + Self.headHeight + index % rows * (Self.rowHeight(tile) + Self.rowGap)
    )
  }

  /// The x of a group's first tile, from that of a block.
  func offset(ofGroup index: Int) -> Int { labelWidth + index * (Self.groupWidth(tile, perClass) + Self.groupGap) }

  /// Small images by a whole factor, to about 64 pixels; large ones at most 112.
  private static func comfortableTile(_ side: Int) -> Int { side <= 64 ? side * max(1, 64 / side) : min(side, 112) }

  /// Tall enough for two lines of text.
  static func rowHeight(_ tile: Int) -> Int { max(tile, 34) }

  private static func groupWidth(_ tile: Int, _ perClass: Int) -> Int { perClass * (tile + tileGap) - tileGap }

  private static func blockWidth(tile: Int, perClass: Int, groups: Int, label: Int) -> Int {
    label + groups * (groupWidth(tile, perClass) + groupGap) - groupGap
  }

  private static func width(tile: Int, perClass: Int, groups: Int, columns: Int, label: Int) -> Int {
    2 * margin + columns * (blockWidth(tile: tile, perClass: perClass, groups: groups, label: label) + columnGap)
      - columnGap
  }

  private static func height(tile: Int, rows: Int, isCut: Bool) -> Int {
    2 * margin + headHeight + rows * (rowHeight(tile) + rowGap) - rowGap + (isCut ? footHeight : 0)
  }
}
