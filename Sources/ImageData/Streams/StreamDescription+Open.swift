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
    let random = RandomStream(seed: seed)
    func make() throws -> TaskStream {
      switch kind {
      case .domains: try openDomains(folder, options)
      case .sequence: try openSequence(folder, options)
      case .manifest: try openManifest(folder, options, random: random)
      case .classSplit, .permuted, .rotated, .degraded: try tasks(of: .load(folder, options: options), random)
      }
    }
    let stream = try make()
    let path =
      try kind == .manifest
      ? Self.manifestFile(folder).path : stream.folders.map(\.root).joined(separator: ", ")
    return try checked(stream, seed: seed, path: path)
  }

  /// The tasks that another seed makes of the images of a stream that this description opened.
  ///
  /// - Returns: nil where the seed decides which images there are to train on, so that they have to be read again.
  /// - Throws: `DataError` if the seed does not give the tasks asked for.
  public func reopen(_ stream: TaskStream, seed: UInt64) throws -> TaskStream? {
    guard kind != .manifest, !stream.folders.contains(where: \.isDivided) else { return nil }
    let path = stream.folders.map(\.root).joined(separator: ", ")
    switch kind {
    case .domains, .sequence, .manifest: return try checked(stream, seed: seed, path: path)
    case .classSplit, .permuted, .rotated, .degraded:
      return try checked(tasks(of: stream.folders[0], RandomStream(seed: seed)), seed: seed, path: path)
    }
  }

  private func checked(_ stream: TaskStream, seed: UInt64, path: String) throws -> TaskStream {
    try StreamRules.check(stream, path: path)
    var stream = stream
    stream.seed = seed
    stream.online = online
    return stream
  }

  /// The tasks of one folder of images.
  private func tasks(of images: ImageFolder, _ random: RandomStream) throws -> TaskStream {
    switch kind {
    case .permuted: try TaskStream.permuted(images, self, random.stream("permutation"))
    case .rotated: try TaskStream.rotated(images, self, random.stream("rotation"))
    case .degraded: try TaskStream.degraded(images, self, random.stream("degradation"))
    case .classSplit, .domains, .sequence, .manifest: try classSplit(images, random: random)
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
