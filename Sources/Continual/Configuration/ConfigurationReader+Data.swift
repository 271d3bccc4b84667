import ImageData

/// What the section `data` may hold.
extension ConfigurationReader {
  static func data(_ section: ConfigurationSection) throws -> Configuration.Data {
    var it = Configuration.Data()
    it.stream = try section.section("stream", stream)
    if it.stream.kind == .sequence {
      it.folder = try section.read("folder", default: "") { try $0.text() }
      guard it.folder.isEmpty else {
        throw section.error(about: "folder", "is not used by a sequence", advice: "list it in data.stream.folders")
      }
    } else {
      it.folder = try section.require(
        "folder", placeholder: "", advice: "it names the folder of PNG images: ROOT/{train,test}/CLASS/*.png"
      ) { value in
        let folder = try value.text()
        guard !folder.isEmpty else { throw value.error("must not be empty") }
        return folder
      }
    }
    it.decoding = try section.section("decoding", decoding)
    it.testFraction = try section.read("testFraction", default: it.testFraction) {
      try $0.number("above 0 and below 1") { $0 > 0 && $0 < 1 }
    }
    it.trainPerClass = try section.read("trainPerClass", default: it.trainPerClass) {
      try $0.isNull ? nil : $0.integer(in: 1...1_000_000_000)
    }
    it.strict = try section.read("strict", default: it.strict) { try $0.flag() }
    it.storage = try section.read("storage", default: it.storage) { try $0.choice() }
    it.cacheFolder = try section.read("cacheFolder", default: it.cacheFolder) { try $0.text() }
    return it
  }

  private static func decoding(_ section: ConfigurationSection) throws -> DecodingPolicy {
    var it = DecodingPolicy()
    it.form = try section.read("form", default: it.form) { try $0.choice() }
    it.alpha = try section.read("alpha", default: it.alpha) { try $0.choice() }
    it.background = try section.read("background", default: it.background) { value in
      let text = try value.text(atMost: 32)
      guard let color = Background(text) else {
        throw value.error("must be black, white or a colour such as '#336699', not \(quoted(text))")
      }
      return color
    }
    it.depth = try section.read("depth", default: it.depth) { value in
      guard let depth = SampleDepth(rawValue: try value.integer(in: 8...16)) else {
        throw value.error("must be 8 or 16")
      }
      return depth
    }
    it.color = try section.read("color", default: it.color) { try $0.choice() }
    it.orientation = try section.read("orientation", default: it.orientation) { try $0.choice() }
    let size = try section.read("size", default: [Int]?.none) { value in
      guard !value.isNull else { return nil }
      let sides = try value.list(atMost: 2) { try $0.integer(in: 1...32_768) }
      guard sides.count == 2 else { throw value.error("must be [rows, columns]") }
      return sides
    }
    let standard = Sizing(height: 1, width: 1)
    let fit = try section.read("fit", default: standard.fit) { try $0.choice() }
    let filter = try section.read("filter", default: standard.filter) { try $0.choice() }
    if let size {
      it.sizing = Sizing(height: size[0], width: size[1], fit: fit, filter: filter)
    } else if (fit, filter) != (standard.fit, standard.filter) {
      throw section.error(
        about: fit == standard.fit ? "filter" : "fit",
        "says how to resize, and 'data.decoding.size' does not say to what"
      )
    }
    return it
  }

  private static func stream(_ section: ConfigurationSection) throws -> StreamDescription {
    var it = StreamDescription()
    it.kind = try section.read("kind", default: it.kind) { try $0.choice() }
    it.classesPerTask = try section.read("classesPerTask", default: it.classesPerTask) {
      try $0.integer(in: 1...100_000)
    }
    it.sizes = try section.read("sizes", default: it.sizes) {
      try $0.list(atMost: 100_000) { try $0.integer(in: 1...100_000) }
    }
    it.order = try section.read("order", default: it.order) { try $0.choice() }
    it.classes = try section.read("classes", default: it.classes, names)
    it.tasks = try section.read("tasks", default: it.tasks) { try $0.integer(in: 1...1000) }
    it.firstIsStored = try section.read("firstIsStored", default: it.firstIsStored) { try $0.flag() }
    it.degrees = try section.read("degrees", default: it.degrees) {
      try $0.list(atMost: 1000) { try $0.number("from -360 to 360") { abs($0) <= 360 } }
    }
    it.degradations = try section.read("degradations", default: it.degradations, names)
    it.domains = try section.read("domains", default: it.domains, names)
    it.folders = try section.read("folders", default: it.folders) { try $0.list(atMost: 1000) { try $0.text() } }
    it.online = try section.read("online", default: it.online) { value in
      guard !value.isNull else { return nil }
      return try .init(blur: value.number("from 0 to 1") { (0...1).contains($0) })
    }
    if let fault = it.fault() {
      throw section.error(
        about: fault.key.rawValue, "does not fit: \(fault.error.reason)", advice: fault.error.advice)
    }
    return it
  }

  /// A list of names, each once.
  private static func names(_ value: ConfigurationValue) throws -> [String] {
    let names = try value.list(atMost: 100_000) { try $0.text(atMost: 255) }
    guard Set(names).count == names.count else { throw value.error("has a name twice") }
    return names
  }
}
