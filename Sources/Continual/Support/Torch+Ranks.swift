import TorchCore

extension Torch {
  /// As ``setThreads(_:)``, where 0 means one thread per core: of several processes on one machine each then takes its
  /// share.
  /// - Parameter neighbours: how many processes do the same work on this machine, this one included.
  /// - Throws: `TorchError`.
  @TorchActor
  public static func setThreads(_ count: Int, sharingCoresWith neighbours: Int) throws {
    try setThreads(count)
    if count == 0, neighbours > 1 { try setThreads(max(1, threads / neighbours)) }
  }
}
