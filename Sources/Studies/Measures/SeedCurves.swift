import Results

extension StudyFigure.Series {
  /// A curve with the mean over seeds and its interval at each place.
  /// - Parameters:
  ///   - curves: seed × place.
  ///   - places: where the curves' values stand; nil counts them from 0.
  init(name: String, seedCurves curves: [[Double]], at places: [Double]? = nil) {
    let count = curves.map(\.count).min() ?? 0
    let places = places ?? (0..<count).map(Double.init)
    self.init(
      name: name,
      points: zip(places, 0..<count).map { place, index in
        StudyFigure.Point(x: place, seeds: curves.map { $0[index] })
      })
  }
}
