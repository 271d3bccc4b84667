import ImageData

extension Configuration.Data {
  /// How a run reads its image folders, so that whoever reads them again gets the same images.
  /// - Parameter seed: the run's; it decides what is held out for testing.
  public func imageFolderOptions(seed: UInt64) -> ImageFolderOptions {
    var options = ImageFolderOptions()
    options.decoding.form = form
    options.strict = strict
    options.testFraction = testFraction
    options.seed = seed
    return options
  }
}
