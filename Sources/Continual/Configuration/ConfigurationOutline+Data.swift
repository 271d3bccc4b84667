import ImageData

extension ConfigurationOutline {
  static func data(_ it: Configuration.Data) -> ConfigurationOutline {
    .section([
      ("folder", .text(it.folder)),
      ("decoding", decoding(it.decoding)),
      ("stream", stream(it.stream)),
      ("testFraction", .value("\(it.testFraction)")),
      ("trainPerClass", .value(it.trainPerClass.map(String.init) ?? "null")),
      ("strict", .value("\(it.strict)")),
      ("storage", .text(it.storage.rawValue)),
      ("cacheFolder", .text(it.cacheFolder)),
    ])
  }

  private static func decoding(_ it: DecodingPolicy) -> ConfigurationOutline {
    let sizing = it.sizing ?? Sizing(height: 1, width: 1)
    return .section([
      ("form", .text(it.form.rawValue)),
      ("alpha", .text(it.alpha.rawValue)),
      ("background", .text(it.background.description)),
      ("depth", .value("\(it.depth.rawValue)")),
      ("color", .text(it.color.rawValue)),
      ("orientation", .text(it.orientation.rawValue)),
      (
        "size",
        it.sizing.map { .list([.value("\($0.height)"), .value("\($0.width)")]) } ?? .value("null")
      ),
      ("fit", .text(sizing.fit.rawValue)),
      ("filter", .text(sizing.filter.rawValue)),
    ])
  }

  private static func stream(_ it: StreamDescription) -> ConfigurationOutline {
    .section([
      ("kind", .text(it.kind.rawValue)),
      ("classesPerTask", .value("\(it.classesPerTask)")),
      ("sizes", .list(it.sizes.map { .value("\($0)") })),
      ("order", .text(it.order.rawValue)),
      ("classes", .list(it.classes.map(text))),
      ("tasks", .value("\(it.tasks)")),
      ("firstIsStored", .value("\(it.firstIsStored)")),
      ("degrees", .list(it.degrees.map { .value("\($0)") })),
      ("degradations", .list(it.degradations.map(text))),
      ("domains", .list(it.domains.map(text))),
      ("folders", .list(it.folders.map(text))),
      ("online", .value(it.online.map { "\($0.blur)" } ?? "null")),
    ])
  }
}
