import Steadfast

/// Where the test images of networks come from.
enum TestSource {
  /// The run's own: each network is judged on its task.
  case tasks([ImageTask])
  /// One folder for all networks, whose classes are found in it by name. Where the tasks of the run are views, they are
  /// these, of the folder.
  case folder(ImageFolder, tasks: [ImageTask])

  /// What networks are shown, if it is known before any is built.
  var shape: ImageShape? {
    switch self {
    case .tasks(let tasks): tasks.first?.test.shape
    case .folder(let folder, _): folder.test.shape
    }
  }

  /// What a task of the run is called, if it is known.
  ///
  /// - Parameter number: from 0.
  func taskName(_ number: Int) -> String? {
    switch self {
    case .tasks(let tasks), .folder(_, let tasks): tasks.indices.contains(number) ? tasks[number].name : nil
    }
  }
}

/// The test images of one network, in order, with the outputs that would be right.
struct TestImages {
  private let images: TaskImages
  /// Which of them.
  private let chosen: [Int]
  private let device: Device

  /// - Parameters:
  ///   - number: of the subject among those of its run.
  ///   - limit: at most so many, spread evenly over all.
  init(_ source: TestSource, for subject: Subject, number: Int, limit: Int?) throws {
    images = try Self.images(source, subject, number)
    device = subject.network.headWeight.device
    guard subject.network.inputShape == images.shape.inputShape else {
      throw CommandError(
        .badInput,
        "images are \(images.shape), and \(subject.name) takes \(subject.network.inputShape) (channels, height, width)")
    }
    chosen = images.spread(limit ?? images.count)
  }

  private static func images(_ source: TestSource, _ subject: Subject, _ number: Int) throws -> TaskImages {
    switch source {
    case .tasks(let tasks):
      guard tasks.indices.contains(number), subject.classes ?? tasks[number].classNames == tasks[number].classNames
      else { throw CommandError(.badInput, "\(subject.name) is no network of one of the run's tasks") }
      return tasks[number].test
    case .folder(let folder, let tasks):
      guard tasks.isEmpty || tasks.indices.contains(number) else {
        throw CommandError(.badInput, "\(subject.name) is no network of one of the run's tasks")
      }
      let classes = Self.plainNames(subject.classes ?? folder.classes, in: folder)
      guard classes.count == subject.network.classCount else {
        throw CommandError(
          .badInput,
          "\(folder.root) has \(classes.count) classes, \(subject.name) tells \(subject.network.classCount) apart")
      }
      let labels = try classes.map { name in
        guard let label = folder.classes.firstIndex(of: name) else {
          throw CommandError(.badInput, "\(folder.root) has no class '\(name)', which \(subject.name) was trained on")
        }
        return label
      }
      return TaskImages(folder.test, of: labels, view: tasks.isEmpty ? .stored : tasks[number].test.view)
    }
  }

  /// The classes of a network by their names in a folder: those of a sequence carry the name of their folder.
  private static func plainNames(_ classes: [String], in folder: ImageFolder) -> [String] {
    let parts = classes.map { $0.split(separator: "/", maxSplits: 1).map(String.init) }
    let plain = parts.compactMap { $0.count == 2 ? $0[1] : nil }
    let isQualified = plain.count == classes.count && Set(parts.map(\.first)).count == 1
    return isQualified && !classes.contains(where: folder.classes.contains) ? plain : classes
  }

  /// The outputs that would be right.
  var labels: [Int] { chosen.map { images.targets[$0] } }

  /// Indices into the image set.
  var indices: [Int] { chosen.map { images.indices[$0] } }

  /// The images alone, with the outputs that would be right.
  var taskImages: TaskImages {
    TaskImages(images.images, indices: indices, targets: labels, view: images.view)
  }

  var depth: SampleDepth { images.shape.depth }

  /// SHA-256 of the pixels, labels and indices, in order.
  func digest() throws -> String {
    let pixels = try chosen.indices.batches(of: 256).map { TensorDigest.digest(try self.pixels($0).host()) }
    return TensorDigest.digest("\(pixels) \(labels) \(indices)")
  }

  /// The file of the image at a place, relative to its folder.
  func path(_ place: Int) -> String { images.path(chosen[place]) }

  /// So many places, spread evenly over the images, which stand class by class.
  func places(_ limit: Int) -> [Int] { evenlySpread(limit, over: chosen.count) }

  /// N×C×H×W in [0, 1], fp32, on the network's device.
  func pixels(_ places: some Collection<Int>) throws -> Tensor {
    try images.pixels(places.map { chosen[$0] }, on: device)
  }
}
