/// What a configuration says of the tasks to make: a kind, and what that kind needs to know.
///
/// Everything that is random is drawn when the stream is opened, from its seed. A field that a kind does not read must
/// keep its default.
public struct StreamDescription: Sendable, Hashable, Codable {
  /// Where tasks come from.
  public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Each task has classes of its own from one folder.
    case classSplit = "class-split"
    /// Each task has the same classes, seen in another way: `ROOT/DOMAIN/{train,test}/CLASS/*.png` or
    /// `ROOT/DOMAIN/CLASS/*.png`.
    case domains
    /// One folder, with the pixels in an order of each task's own (permuted MNIST, Goodfellow et al. 2013).
    case permuted
    /// One folder, turned by an angle of each task's own (rotated MNIST, Lopez-Paz and Ranzato 2017).
    case rotated
    /// One folder, degraded in a way of each task's own.
    case degraded
    /// Several folders with classes of their own, one task each.
    case sequence
    /// A CSV file `path,label[,task][,split]`.
    case manifest
  }

  /// The order in which classes are dealt to tasks.
  public enum Order: String, Sendable, Hashable, Codable, CaseIterable {
    /// As in the folder: by Unicode scalars.
    case natural
    /// A permutation drawn from the seed.
    case seeded
  }

  /// A single pass in which nobody says where a task ends.
  public struct Online: Sendable, Hashable, Codable {
    /// How far images stray across boundaries, in task lengths, 0 to 1: see ``OnlineOrder``.
    public var blur: Double

    public init(blur: Double = 0) {
      self.blur = blur
    }
  }

  /// The fields, by the names that a configuration gives them.
  public enum Key: String, CodingKey, CaseIterable, Sendable {
    case kind, classesPerTask, sizes, order, classes, tasks, firstIsStored, degrees, degradations, domains, folders
    case online
  }

  private typealias CodingKeys = Key

  public var kind: Kind
  /// Class split and manifest: classes of each task, unless `sizes` says otherwise.
  public var classesPerTask = 2
  /// Class split and manifest: classes of each task, task by task; empty for equally many.
  public var sizes: [Int] = []
  /// Class split and manifest: how classes are dealt, unless `classes` says so.
  public var order = Order.natural
  /// All kinds but sequence: the classes to use, in this order; empty for all.
  public var classes: [String] = []
  /// Permuted, and rotated by drawn angles: how many tasks.
  public var tasks = 5
  /// Permuted, and rotated by drawn angles: whether the first task sees images as they are stored, as most papers have
  /// it; false changes those of the first task too, as Avalanche does.
  public var firstIsStored = true
  /// Rotated: the angle of each task, counter-clockwise; empty for angles drawn from 0 up to 180.
  public var degrees: [Double] = []
  /// Degraded: what each task does to its images, as "none" or "gaussian-noise/3".
  public var degradations: [String] = []
  /// Domains: the folders to use, in this order; empty for all.
  public var domains: [String] = []
  /// Sequence: image folders; a relative one is looked for in the folder that is opened.
  public var folders: [String] = []
  /// nil where tasks are trained one after another, each as often as one likes.
  public var online: Online?

  public init(kind: Kind = .classSplit) {
    self.kind = kind
  }

  /// The fields that a kind reads, beside `kind` itself.
  public static func keys(of kind: Kind) -> [Key] {
    let own: [Key] =
      switch kind {
      case .classSplit, .manifest: [.classesPerTask, .sizes, .order, .classes]
      case .domains: [.domains, .classes]
      case .permuted: [.tasks, .firstIsStored, .classes]
      case .rotated: [.tasks, .firstIsStored, .degrees, .classes]
      case .degraded: [.degradations, .classes]
      case .sequence: [.folders]
      }
    return own + [.online]
  }
}

extension StreamDescription {
  /// Fields that are absent keep their defaults.
  public init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    func read<Value: Decodable>(_ key: Key, _ standard: Value) throws -> Value {
      try fields.decodeIfPresent(Value.self, forKey: key) ?? standard
    }
    let standard = StreamDescription()
    kind = try read(.kind, standard.kind)
    classesPerTask = try read(.classesPerTask, standard.classesPerTask)
    sizes = try read(.sizes, standard.sizes)
    order = try read(.order, standard.order)
    classes = try read(.classes, standard.classes)
    tasks = try read(.tasks, standard.tasks)
    firstIsStored = try read(.firstIsStored, standard.firstIsStored)
    degrees = try read(.degrees, standard.degrees)
    degradations = try read(.degradations, standard.degradations)
    domains = try read(.domains, standard.domains)
    folders = try read(.folders, standard.folders)
    online = try fields.decodeIfPresent(Online.self, forKey: .online)
  }
}
