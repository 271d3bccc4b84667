/// Why ranks could not work together.
public enum DistributedError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What MPI refused, in its own words.
  case mpi(String)
  /// A launcher started several processes, and the program was built without MPI.
  case builtWithoutMPI(ranks: Int)
  /// The launcher says that it started more processes than MPI knows of.
  case launcherUnknown(started: Int, found: Int)
  /// A message from another rank that cannot be read: ranks of different builds.
  case unreadable(rank: Int)
  case outOfRange(rank: Int, size: Int)

  public var description: String {
    switch self {
    case .mpi(let words): "MPI: \(words)"
    case .builtWithoutMPI(let ranks):
      "\(ranks) processes were started together, but this program was built without MPI: build it with "
        + "`swift build --traits MPI`, or start it once"
    case .launcherUnknown(let started, let found):
      "the launcher started \(started) processes, but MPI finds \(found): with Slurm try `srun --mpi=pmix`, otherwise "
        + "start it with the mpirun of the Open MPI that the program was built with"
    case .unreadable(let rank):
      "a message of rank \(rank) cannot be read: start the same build of the program on every machine"
    case .outOfRange(let rank, let size): "there is no rank \(rank) among \(size)"
    }
  }
}
