import RandomStreams
import Results
import TorchCore

extension RandomizedSmoothing {
  /// Certifies images one after another (the source's CERTIFY): n₀ draws select a class, n others estimate its
  /// probability from below.
  ///
  /// - Parameters:
  ///   - labels: the true class of every image, in order.
  ///   - indices: every image's own index in its data set, which keys its random stream: the same image draws the same
  ///     noise whatever stands beside it.
  ///   - stream: the root of all draws.
  ///   - pixels: fp32 N×C×H×W in [0, 1] of the images at these places of the order; one image at a time, in order.
  ///   - progress: called with the number of images done after each.
  ///   - stopIfAsked: called before every batch of noisy copies; what it throws ends the work.
  /// - Throws: ``RobustnessError``, `TorchError`, and what `pixels` and `stopIfAsked` throw.
  public func certify(
    _ network: any Classifier, labels: [Int], indices: [Int], stream: RandomStream,
    pixels: (Range<Int>) throws -> Tensor, progress: (Int) -> Void = { _ in }, stopIfAsked: () throws -> Void = {}
  ) throws -> SmoothedCertificates {
    try RobustnessError.requireEqual("image indices", indices.count, labels.count)
    let inputCount = network.inputShape.reduce(1, *)
    let samples = try voting(network, labels: labels, indices, stream, pixels, progress, stopIfAsked) { place, count in
      try SmoothedCertificate(
        label: labels[place], selection: count(selectionDraws, "selection"),
        estimation: count(estimationDraws, "estimation"), inputCount: inputCount, self)
    }
    return SmoothedCertificates(smoothing: self, samples: samples)
  }

  /// Predicts images one after another without a radius (the source's PREDICT): of n draws the class with the most
  /// votes, or nil where a two-sided binomial test cannot tell it from the second at level α.
  ///
  /// The smoothed classifier gives an image another class than this with probability at most α.
  /// - Parameters: as of `certify`.
  /// - Throws: as `certify`.
  public func predict(
    _ network: any Classifier, indices: [Int], stream: RandomStream, pixels: (Range<Int>) throws -> Tensor,
    progress: (Int) -> Void = { _ in }, stopIfAsked: () throws -> Void = {}
  ) throws -> [Int?] {
    try voting(network, labels: nil, indices, stream, pixels, progress, stopIfAsked) { _, count in
      try prediction(votes: count(estimationDraws, "prediction"))
    }
  }

  /// - Parameter votes: of the draws, by class.
  func prediction(votes: [Int]) -> Int? {
    let most = votes.max() ?? 0
    guard most > 0, let first = votes.firstIndex(of: most) else { return nil }
    let second = votes.indices.filter { $0 != first }.map { votes[$0] }.max() ?? 0
    return BinomialTest.pValueRoundedUp(successes: most, n: most + second) <= alpha ? first : nil
  }

  /// - Parameter answer: of the image at a place, from votes of so many draws for a purpose.
  private func voting<Answer>(
    _ network: any Classifier, labels: [Int]?, _ indices: [Int], _ stream: RandomStream,
    _ pixels: (Range<Int>) throws -> Tensor, _ progress: (Int) -> Void, _ stopIfAsked: () throws -> Void,
    _ answer: (_ place: Int, _ count: (_ draws: Int, _ purpose: String) throws -> [Int]) throws -> Answer
  ) throws -> [Answer] {
    try validate()
    return try withoutActuallyEscaping(stopIfAsked) { stopIfAsked in
      try withoutGradients {
        try indices.indices.map { place in
          let image = try pixels(place..<place + 1)
          try AttackBatch.check(network, image, [labels?[place] ?? 0])
          let votes = try NoisyVotes(network, image: image, self)
          let own = stream.stream(indices[place]).stream("smoothing")
          let found = try answer(place) { draws, purpose in
            try votes.count(draws, own.stream(purpose), stopIfAsked: stopIfAsked)
          }
          progress(place + 1)
          return found
        }
      }
    }
  }
}
