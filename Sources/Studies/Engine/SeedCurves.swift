import Results

extension StudyFigure.Series {
  /// A curve with the mean over seeds and its interval at each place.
  /// - Parameters:
  ///   - curves: seed × place; the shortest one ends the curve.
  ///   - places: where the curves' values stand.
  init(name: String, seedCurves curves: [[Double]], at places: [Double]) {
    let count = curves.map(\.count).min() ?? 0
    self.init(
      name: name,
      points: zip(places, 0..<count).map { place, index in
        StudyFigure.Point(x: place, seeds: curves.map { $0[index] })
      })
  }

  /// The same, of values that stand at successive numbers.
  init(name: String, seedCurves curves: [[Double]], from first: Int = 0) {
    let count = curves.map(\.count).min() ?? 0
    self.init(name: name, seedCurves: curves, at: (first..<first + count).map(Double.init))
  }
}
