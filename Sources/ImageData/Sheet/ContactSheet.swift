import Foundation

/// A picture of a folder of images: a row a class, some images of each, evenly spread over its files.
public enum ContactSheet {
  public struct Options: Sendable {
    /// Images of a class in each of train and test.
    public var perClass: Int
    /// How many classes stand side by side.
    public var columns: Int
    /// The longest side of the picture, in pixels. Classes that find no room are left out, and a line says so.
    public var maximumSide: Int
    /// Most files read at once.
    public var threads: Int
    /// How large one file may be.
    public var limits: PNGLimits

    public init(
      perClass: Int = 8, columns: Int = 1, maximumSide: Int = 4096,
      threads: Int = ProcessInfo.processInfo.activeProcessorCount, limits: PNGLimits = PNGLimits()
    ) {
      self.perClass = perClass
      self.columns = columns
      self.maximumSide = maximumSide
      self.threads = threads
      self.limits = limits
    }
  }

  /// Draws the sheet of an image folder, or of a folder of domains.
  ///
  /// Small images are enlarged by whole factors without smoothing; large ones become the means of their pixels. A file
  /// that cannot be read leaves a crossed tile.
  /// - Returns: RGB, 8 bits.
  /// - Throws: `DataError` if the folder is not there or has no class folders, or if not even small tiles find room.
  public static func make(_ folder: URL, options: Options = Options()) throws -> Image {
    let sample = try SheetSample(folder, perClass: max(1, options.perClass), options)
    let layout = try SheetLayout(sample, options)
    return try SheetDrawing(sample: sample, layout: layout, options: options).image()
  }
}
