import Foundation

/// The processes (ranks) that work on one job together: those that `mpirun` or `srun` started, or one.
///
/// Every rank runs the same program; rank 0 prints and writes files. What they compute together is a function of the
/// inputs: sums are added in the order of ranks, and results of a queue are merged in the order of its work, whoever
/// did it.
///
/// Functions block the calling thread until the other ranks have done their part, so call them from torch's thread or
/// one of your own, and from one thread at a time. Every rank calls the same functions in the same order. A rank that
/// cannot go on calls ``abort(_:status:)``, since the others would wait for it.
public final class Communicator: Sendable {
  let transport: (any Transport)?

  /// One rank: this process alone.
  public static let single = Communicator(nil)

  package init(_ transport: (any Transport)?) { self.transport = transport }

  /// The ranks that a launcher started together; one where none did. To be called once.
  ///
  /// - Throws: ``DistributedError`` where several were started and the program was built without the trait `MPI`, or the
  ///   launcher and MPI do not know each other.
  public static func launched(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> Communicator {
    let launch = Launch(environment: environment)
    #if MPI
      guard launch.isTogether else { return .single }
      let transport = try MPITransport()
      try launch.requireAgreement(with: transport.size)
      return Communicator(transport)
    #else
      if let size = launch.size, size > 1 { throw DistributedError.builtWithoutMPI(ranks: size) }
      return .single
    #endif
  }

  /// This process's number, from 0.
  public var rank: Int { transport?.rank ?? 0 }
  /// How many there are.
  public var size: Int { transport?.size ?? 1 }
  /// How many of them share this machine, this one included: they share its cores.
  public var neighbours: Int { transport?.neighbours ?? 1 }
  /// This process's number among those, from 0: they take one graphics processor after the other.
  public var place: Int { transport?.place ?? 0 }
  /// Whether this is rank 0, which prints and writes.
  public var isFirst: Bool { rank == 0 }

  /// Leaves the other ranks, once all of them do.
  /// - Throws: ``DistributedError``.
  public func finish() throws { try transport?.finish() }

  /// Ends this process and every other rank.
  ///
  /// - Parameters:
  ///   - message: for standard error, without a line break; empty where all is said.
  ///   - status: the exit status of every rank, and of the launcher.
  public func abort(_ message: String, status: Int32) -> Never {
    if !message.isEmpty { try? FileHandle.standardError.write(contentsOf: Data((message + "\n").utf8)) }
    // What stands in the buffers of standard output would be lost with the process.
    fflush(nil)
    transport?.abort(status: status)
    _exit(status)
  }
}
