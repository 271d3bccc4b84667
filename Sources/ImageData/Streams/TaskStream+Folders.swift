import Foundation

extension StreamDescription {
  /// One task a domain; all tasks have the same classes.
  func openDomains(_ root: URL, _ options: ImageFolderOptions) throws -> TaskStream {
    let there = try FolderLayout.requireDomains(root)
    for name in domains where !there.contains(name) {
      throw DataError(
        code: .badData, path: root.path, reason: "no domain named \(name)",
        advice: "There are: \(there.joined(separator: ", ")).")
    }
    let names = domains.isEmpty ? there : domains
    if names.count < 2 {
      throw StreamRules.fewTasks(
        root.path,
        "Add a domain beside \(names.joined()), or train on that folder with data.stream.kind: class-split.")
    }
    let folders = names.map { (name: $0, url: root.appendingPathComponent($0)) }
    try StreamRules.checkDifferent(folders, path: root.path)
    // Before any image is read, which may take long.
    try StreamRules.checkDomains(
      folders.map { ($0.name, try FolderListing($0.url).classes) }, using: classes, path: root.path)
    let loaded = try ImageFolder.load(folders, options: options, path: root.path)

    let shared = classes.isEmpty ? loaded[0].classes : classes
    let tasks = zip(names, loaded).map { name, images in
      // Where only some classes are used, domains may number them differently.
      let own = shared.compactMap { images.classes.firstIndex(of: $0) }
      return ImageTask(
        name: name, classes: Array(shared.indices), classNames: shared, train: TaskImages(images.train, of: own),
        test: TaskImages(images.test, of: own))
    }
    return TaskStream(
      kind: .domains, tasks: tasks, classes: shared, folders: loaded,
      description: "\(tasks.count) tasks, each the same \(shared.count) classes in a domain of its own")
  }

  /// One task a folder; no class is in two tasks, whatever its name.
  func openSequence(_ base: URL, _ options: ImageFolderOptions) throws -> TaskStream {
    let urls = folders.map { $0.hasPrefix("/") ? URL(fileURLWithPath: $0) : base.appendingPathComponent($0) }
    try StreamRules.checkDifferent(urls.map { ($0.path, $0) }, path: base.path)
    // Before any image is read, which may take long.
    for url in urls { try FolderLayout.requireClasses(url) }
    let names = Self.uniqueNames(urls)
    let loaded = try ImageFolder.load(
      zip(names, urls).map { ($0, $1) }, options: options, path: names.joined(separator: ", "))
    var all: [String] = []
    let tasks = zip(names, loaded).map { name, images in
      let qualified = images.classes.map { name + "/" + $0 }
      let own = Array(images.classes.indices)
      defer { all += qualified }
      return ImageTask(
        name: name, classes: own.map { all.count + $0 }, classNames: qualified,
        train: TaskImages(images.train, of: own), test: TaskImages(images.test, of: own))
    }
    return TaskStream(
      kind: .sequence, tasks: tasks, classes: all, folders: loaded,
      description: "\(tasks.count) tasks, each a folder with classes of its own")
  }

  /// The last part of each path, numbered where it is not the first of its name.
  private static func uniqueNames(_ urls: [URL]) -> [String] {
    var taken: Set<String> = []
    return urls.map { url in
      let name = url.standardizedFileURL.lastPathComponent
      var unique = name
      var number = 2
      while !taken.insert(unique).inserted {
        unique = "\(name) \(number)"
        number += 1
      }
      return unique
    }
  }
}
