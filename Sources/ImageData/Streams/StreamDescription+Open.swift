import Foundation
import RandomStreams

extension StreamDescription {
  /// Reads the images and makes the tasks.
  ///
  /// - Parameters:
  ///   - folder: image folder, folder of domains or, for a manifest, the CSV file or the folder of `manifest.csv`.
  ///     A sequence looks there for folders whose path is relative.
  ///   - options: of all folders; their limit of memory is for all of them together.
  ///   - seed: draws the order of classes, permutations, angles and noise. Which images are test images is drawn from
  ///     the seed of the options.
  /// - Throws: `DataError` as `check()`, if the data cannot be read, or if it does not give the tasks asked for.
  public func open(folder: URL, options: ImageFolderOptions, seed: UInt64) throws -> TaskStream {
    try check()
    var stream = try build(folder: folder, options: options, random: RandomStream(seed: seed))
    let path =
      try kind == .manifest
      ? Self.manifestFile(folder).path : stream.folders.map(\.root).joined(separator: ", ")
    try StreamRules.check(stream, path: path)
    stream.seed = seed
    stream.online = online
    return stream
  }

  private func build(folder: URL, options: ImageFolderOptions, random: RandomStream) throws -> TaskStream {
    func images() throws -> ImageFolder { try ImageFolder.load(folder, options: options) }
    switch kind {
    case .classSplit: return try classSplit(images(), random: random)
    case .domains: return try openDomains(folder, options)
    case .permuted: return try TaskStream.permuted(images(), self, random.stream("permutation"))
    case .rotated: return try TaskStream.rotated(images(), self, random.stream("rotation"))
    case .degraded: return try TaskStream.degraded(images(), self, random.stream("degradation"))
    case .sequence: return try openSequence(folder, options)
    case .manifest: return try openManifest(folder, options, random: random)
    }
  }

  /// The classes of one folder, dealt to tasks.
  func classSplit(_ images: ImageFolder, random: RandomStream) throws -> TaskStream {
    let dealt: TaskStream.ClassOrder =
      if !classes.isEmpty {
        .given(classes)
      } else {
        switch order {
        case .natural: .natural
        case .seeded: .seeded(random.stream("class order"))
        }
      }
    return sizes.isEmpty
      ? try TaskStream.classSplit(images, classesPerTask: classesPerTask, order: dealt)
      : try TaskStream.classSplit(images, sizes: sizes, order: dealt)
  }
}

extension ImageFolder {
  /// Several folders whose images agree in shape.
  ///
  /// - Parameters:
  ///   - folders: with the name of each for errors.
  ///   - path: of them all, for errors.
  static func load(
    _ folders: [(name: String, url: URL)], options: ImageFolderOptions, path: String
  ) throws -> [ImageFolder] {
    var options = options
    var loaded: [(name: String, images: ImageFolder)] = []
    for folder in folders {
      let images = try load(folder.url, options: options)
      loaded.append((folder.name, images))
      try StreamRules.checkShapes(loaded.map { ($0.name, $0.images.train.shape) }, path: path)
      options.maximumBytes -= images.train.memoryByteCount + images.test.memoryByteCount
    }
    return loaded.map(\.images)
  }
}
