import Foundation
import OrderedCollections
import TensorFiles

extension CheckpointStore {
  /// Writes a checkpoint. Files that equal its predecessor's are hard links to them, so that frozen tensors are stored
  /// once however many tasks follow.
  /// - Parameter predecessor: the checkpoint that this run was restored from or has written last. What it says of
  ///   settled tasks holds for this one too; so it is never one that a resumed run has passed over.
  /// - Returns: what was written.
  func write(_ checkpoint: Checkpoint, after predecessor: Entry?) throws -> Entry {
    let state = checkpoint.state
    let name = Self.name(lesson: state.lesson, step: state.isComplete ? nil : state.progress.step)
    let temporary = root.appending(path: ".\(name)\(Self.temporarySuffix)")
    try? FileManager.default.removeItem(at: temporary)
    try FileManager.default.makeFolder(temporary)
    for (file, tensors) in checkpoint.files {
      try write(tensors, named: file, in: temporary, reusing: predecessor?.url)
    }
    // Paths, not URLs, which take longer to make than the links: there are two for every settled task.
    let (folder, folderBefore) = (temporary.path, predecessor?.url.path)
    for (file, source) in checkpoint.stored {
      try put(source, in: "\(folder)/\(file)\(Self.tensorsSuffix)")
    }
    for (task, name) in state.settledNames.enumerated() {
      let file = name + Self.settledSuffix
      if let folderBefore, link("\(folderBefore)/\(file)", "\(folder)/\(file)") == 0 { continue }
      try AtomicFile.write(JSONEncoder.canonical().encode(state.settled(task)), to: temporary.appending(path: file))
    }
    if !checkpoint.optimizer.isEmpty {
      try write(checkpoint.optimizer, named: Self.optimizerFile, in: temporary, reusing: nil)
    }
    try AtomicFile.write(
      JSONEncoder.canonical(pretty: true).encode(state.thinned), to: temporary.appending(path: Self.stateFile))
    let url = root.appending(path: name)
    try put(temporary, at: url)
    prune(keeping: name)
    return Entry(url: url, lesson: state.lesson, step: state.isComplete ? nil : state.progress.step)
  }

  /// A file of an earlier checkpoint under a new name; a copy where the file system has no links.
  private func put(_ source: String, in target: String) throws {
    guard link(source, target) != 0 else { return }
    do {
      try FileManager.default.copyItem(atPath: source, toPath: target)
    } catch {
      throw RunError.io(path: source, reason: "\(error.localizedDescription)")
    }
  }

  private func write(
    _ tensors: OrderedDictionary<String, HostTensor>, named file: String, in folder: URL, reusing folderBefore: URL?
  ) throws {
    let target = folder.appending(path: file + Self.tensorsSuffix)
    if let source = folderBefore?.appending(path: file + Self.tensorsSuffix),
      let old = try? SafetensorsFile(contentsOf: source), old.tensors == tensors,
      link(source.path, target.path) == 0
    {
      return
    }
    try SafetensorsFile(tensors: tensors).write(to: target)
  }

  /// Renames a complete folder into place. One of the same name, which a resumed run writes again, steps aside first;
  /// should the run end between the two renames, it is still found there.
  private func put(_ temporary: URL, at target: URL) throws {
    let aside = root.appending(path: Self.aside(target.lastPathComponent))
    if FileManager.default.fileExists(atPath: target.path) {
      try? FileManager.default.removeItem(at: aside)
      _ = rename(target.path, aside.path)
    }
    guard rename(temporary.path, target.path) == 0 else {
      throw RunError.io(path: target.path, reason: String(cString: strerror(errno)))
    }
    try AtomicFile.synchronizeFolder(root)
    try? FileManager.default.removeItem(at: aside)
  }

  /// Keeps every completed lesson's checkpoint, and of those within lessons the newest two; none that stepped aside and
  /// has its successor, and nothing of a write that never came to its end: who holds the run's lock is its only writer.
  private func prune(keeping name: String) {
    let names = self.names
    for name in names where name.hasPrefix(".") && name.hasSuffix(Self.temporarySuffix) {
      guard Self.nameBeforeAside(name).map(names.contains) ?? true else { continue }
      try? FileManager.default.removeItem(at: root.appending(path: name))
    }
    for entry in entries().filter({ $0.step != nil }).dropLast(2) where entry.url.lastPathComponent != name {
      try? FileManager.default.removeItem(at: entry.url)
    }
  }
}
