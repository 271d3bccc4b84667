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

  public init(
    scale: Scale = .quick, seeds: [UInt64] = [0, 1, 2], folder: URL,
    progress: @escaping @Sendable (String, Double) -> Void = { _, _ in }
  ) {
    self.scale = scale
    self.seeds = seeds
    self.folder = folder
    self.progress = progress
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
