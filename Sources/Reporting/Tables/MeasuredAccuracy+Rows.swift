import Results

extension MeasuredAccuracy {
  /// The rows that are shown: the untrained network's (nil), where anything was measured of it, and one after each task.
  var shownRows: [Int?] { (initial.contains { $0 != nil } ? [nil] : []) + matrix.indices.map(Optional.some) }

  /// Accuracy on each task when it was just learned.
  var justLearned: [Double?] { matrix.indices.map { matrix[$0][$0] } }

  /// Accuracy on each task after the last one.
  var atTheEnd: [Double?] { matrix.last ?? [] }

  /// Whether its cells are printed one by one: a page of more would be too long to read, and to load.
  var isPrintable: Bool { accuracy.tasks <= Self.mostPrintedTasks }

  static let mostPrintedTasks = Markup.mostOpenLines
}
