import Foundation
import Synchronization

/// How a run tells what it is doing. Called on the thread that works; implementations must be quick.
public protocol RunObserver: Sendable {
  /// A named piece of work has so many units in all (images, batches, cells) and so many done.
  func progress(_ stage: String, done: Int, of total: Int, unit: String)
  /// A piece of work is finished; the text is a line for people.
  func note(_ message: String)
  /// Something went wrong that does not end the run.
  func warn(_ message: String)
}

/// An observer that keeps quiet.
public struct SilentObserver: RunObserver {
  public init() {}
  public func progress(_ stage: String, done: Int, of total: Int, unit: String) {}
  public func note(_ message: String) {}
  public func warn(_ message: String) {}
}

/// A wish to stop, which a signal handler or another thread may raise; a run saves a checkpoint and throws
/// `RunError.interrupted`.
public final class Interruption: Sendable {
  private let raised = Atomic(false)

  public init() {}

  public func raise() { raised.store(true, ordering: .relaxed) }

  public var isRaised: Bool { raised.load(ordering: .relaxed) }
}
