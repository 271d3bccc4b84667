import Foundation
import RandomStreams

/// How large a study is, on which images, and with which seeds.
public struct StudySetting: Sendable {
  /// How much time a study may take.
  public enum Scale: String, Sendable, Hashable, CaseIterable {
    /// Seconds: the shape of the study without its evidence, for tests.
    case tiny
    /// Some three minutes on one core at most, with three seeds.
    case quick
    /// The scale of the original claim.
    case full
  }

  /// Sizes of networks and data, and lengths of training go by it.
  public let scale: Scale
  /// The independent repetitions, each counted once.
  public let seeds: [UInt64]
  /// The image folder.
  public let folder: URL
  /// Called with what is being done and the share that is done, 0 to 1.
  public let progress: @Sendable (String, Double) -> Void
  /// Images that were decoded already; copies of a setting share it.
  let store: StudyImageStore

  /// Reads nothing yet; images are decoded when a study asks for them.
  ///
  /// - Parameters:
  ///   - seeds: at least one, none twice, which ``StudyRunner/init(_:)`` checks; an interval needs two.
  ///   - folder: classes as folders of images, as `ImageFolder.load` reads it.
  ///   - progress: called on the actor that runs the study.
  public init(
    scale: Scale = .quick, seeds: [UInt64] = [0, 1, 2], folder: URL,
    progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
  ) {
    self.init(scale: scale, seeds: seeds, folder: folder, progress: progress, store: StudyImageStore())
  }

  private init(
    scale: Scale, seeds: [UInt64], folder: URL, progress: @escaping @Sendable (String, Double) -> Void,
    store: StudyImageStore
  ) {
    self.scale = scale
    self.seeds = seeds
    self.folder = folder
    self.progress = progress
    self.store = store
  }

  /// The same setting, images included, with another listener.
  func reporting(_ progress: @escaping @Sendable (String, Double) -> Void) -> StudySetting {
    StudySetting(scale: scale, seeds: seeds, folder: folder, progress: progress, store: store)
  }

  /// The value for this scale.
  func choose<Value>(tiny: Value, quick: Value, full: Value) -> Value {
    switch scale {
    case .tiny: tiny
    case .quick: quick
    case .full: full
    }
  }

  /// The randomness of one purpose under one seed.
  func stream(_ seed: UInt64, _ purpose: String) -> RandomStream { RandomStream(seed: seed).stream(purpose) }
}
