import ArgumentParser
import Steadfast

/// Whether and how randomized smoothing certifies images, as options.
struct SmoothingOptions: ParsableArguments {
  @Option(
    name: .customLong("smoothing"),
    help: ArgumentHelp(
      "Certify the network smoothed by Gaussian noise of this deviation, in pixels on [0, 1] (Cohen et al. 2019).",
      valueName: "sigma"))
  var sigma: Double?

  @Option(help: "Noisy copies of each image that estimate its certificate.")
  var samples = Configuration.Smoothing().samples

  @Option(
    name: .customLong("selection-samples"),
    help: "Noisy copies that select each image's class before, and count for nothing else (n0).")
  var selectionSamples = Configuration.Smoothing().selectionSamples

  @Option(help: "How likely an image may be certified wrongly.")
  var alpha = Configuration.Smoothing().alpha

  @Option(name: .customLong("smoothed-images"), help: "Images of each network that are certified by smoothing.")
  var images = Configuration.Smoothing().images

  func validate() throws {
    guard sigma.map({ $0 > 0 && $0.isFinite }) ?? true else { throw ValidationError("--smoothing must be above 0") }
    for (name, count) in [("samples", samples), ("selection-samples", selectionSamples)] {
      guard (1...Intervals.largestRoundedCount).contains(count) else {
        throw ValidationError("--\(name) must be 1 to \(Intervals.largestRoundedCount)")
      }
    }
    guard alpha > 0, alpha < 1 else { throw ValidationError("--alpha must lie between 0 and 1") }
    guard images >= 1 else { throw ValidationError("--smoothed-images must be at least 1") }
  }

  /// Nil where nothing is to be smoothed.
  var settings: Configuration.Smoothing? {
    sigma.map {
      Configuration.Smoothing(
        sigma: $0, samples: samples, selectionSamples: selectionSamples, alpha: alpha, images: images)
    }
  }
}
