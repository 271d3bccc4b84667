import Distributed
import TorchCore

/// How a run is opened and watched.
public struct RunOptions: Sendable {
  /// Go on from the newest checkpoint.
  public var resume: Bool
  /// Replace a run that is there.
  public var force: Bool
  public var observer: any RunObserver
  public var interruption: Interruption
  /// Where to compute what is evaluated or verified; nil for the run's own choice.
  public var device: DeviceChoice?
  /// The processes that share the work.
  public var ranks: Communicator
  /// How many of them share this machine's cores.
  let neighbours: Int
  /// This process's number among them.
  let place: Int

  public init(
    resume: Bool = false, force: Bool = false, observer: any RunObserver = SilentObserver(),
    interruption: Interruption = Interruption(), device: DeviceChoice? = nil, ranks: Communicator = .single
  ) {
    self.resume = resume
    self.force = force
    self.observer = observer
    self.interruption = interruption
    self.device = device
    self.ranks = ranks
    neighbours = ranks.neighbours
    place = ranks.place
  }

  var opening: RunFolder.Opening { resume ? .resume : force ? .replace : .fresh }
}
