import Foundation
import RandomStreams

/// How large a study is, on which images, and with which seeds.
public struct StudySetting: Sendable {
  public enum Scale: String, Sendable, Hashable, CaseIterable {
    /// Seconds: the shape of the study without its evidence, for tests.
    case tiny
    /// At most three minutes on two cores.
    case quick
    /// The scale of the original claim.
    case full
  }

  public let scale: Scale
  public let seeds: [UInt64]
  /// The image folder.
  public let folder: URL
  /// Called with what is being done and the share that is done, 0 to 1.
  public let progress: @Sendable (String, Double) -> Void
  /// Images that were decoded already; copies of a setting share it.
  let store: StudyImageStore

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
