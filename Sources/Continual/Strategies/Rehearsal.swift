import ImageData
import RandomStreams
import TorchCore

/// Brings back images of the stream that were seen before.
struct Rehearsal {
  /// The training images of all tasks; their targets are numbers of outputs.
  let images: JoinedImages
  /// For a place of the lesson's images the place in ``images``; nil where they are not among these, or are images of
  /// several tasks already.
  let place: (Int) -> Int?
  let augmentation: Augmentation
  let device: Device

  /// Inputs N×C×H×W in [0, 1] and the numbers of their outputs.
  /// - Parameters:
  ///   - places: in ``images``.
  ///   - stream: augmentation draws from it; nil brings images back as they are.
  func inputs(_ places: [Int], _ stream: RandomStream?) throws -> (inputs: Tensor, outputs: [Int]) {
    var pixels = try images.gather(places)
    if let stream, augmentation.changesSamples {
      try augmentation.apply(to: &pixels, shape: images.shape) { stream.stream($0) }
    }
    return (
      try Tensor(samples: pixels, count: places.count, shape: images.shape, on: device), places.map(images.target)
    )
  }
}

extension LearningStep {
  /// Where the batch's images are found again, in `Rehearsal.images`.
  var rehearsalPlaces: [Int] {
    batch.places.compactMap(rehearsal.place)
  }

  /// Images of a memory as the network is to see them now.
  /// - Parameter purpose: names the randomness of their augmentation.
  func recalled(_ places: [Int], _ purpose: String) throws -> (inputs: Tensor, outputs: [Int]) {
    try rehearsal.inputs(places, draws("augment " + purpose))
  }
}
