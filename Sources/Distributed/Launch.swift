/// What a launcher says about the processes it started, before MPI is asked.
struct Launch: Equatable {
  /// Whether MPI's launcher, or Slurm through PMIx or PMI, started this process.
  var isTogether: Bool
  /// How many it started, where it says so.
  var size: Int?

  /// - Parameter environment: variables of this process. `mpirun` sets those of `OMPI_COMM_WORLD`, `srun --mpi=pmix`
  ///   those of PMIx, `srun --mpi=pmi2` those of PMI.
  init(environment: [String: String]) {
    isTogether = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"].contains { environment[$0] != nil }
    let sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"]
    size = isTogether ? sizes.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first : nil
  }

  /// - Throws: ``DistributedError/launcherUnknown(started:found:)``: every process would take itself for the only one,
  ///   do all the work, and write the same files.
  func requireAgreement(with found: Int) throws {
    if let size, size != found { throw DistributedError.launcherUnknown(started: size, found: found) }
  }
}
