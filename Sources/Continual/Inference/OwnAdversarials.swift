import Robustness
import TensorFiles
import TorchCore

/// What attacks on a task's own network made of some of its images.
struct OwnAdversarials {
  /// By the image's place: C×H×W for every attack and ε, in the plan's order.
  private let images: [Int: [HostTensor]]

  /// - Parameter place: of an image in its task, by the place in the evaluation that kept it.
  init(_ kept: [KeptAdversarial], place: (Int) -> Int = { $0 }) {
    images = Dictionary(grouping: kept) { place($0.place) }.mapValues { $0.map(\.adversarial) }
  }

  /// N×C×H×W of the images at these places, which must be among those kept.
  /// - Parameter slot: of the attack and ε, in the plan's order.
  func pixels(_ places: [Int], slot: Int, on device: Device) throws -> Tensor {
    let chosen = try places.compactMap { try images[$0].map { try Tensor($0[slot]) } }
    guard chosen.count == places.count else {
      throw RobustnessError.unequalCounts(
        what: "adversarials of the task's own network", found: chosen.count, expected: places.count)
    }
    return try Tensor.stacked(chosen).to(device).channelsLast()
  }
}
