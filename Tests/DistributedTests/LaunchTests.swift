import Testing

@testable import Distributed

@Suite struct LaunchTests {
  @Test func withoutALauncherThereIsOneRank() throws {
    for environment in [[:], ["SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "2"]] {
      let ranks = try Communicator.launched(environment: environment)
      #expect(ranks.size == 1 && ranks.rank == 0 && ranks.isFirst && ranks.neighbours == 1 && ranks.place == 0)
    }
  }

  @Test(arguments: [
    (["OMPI_COMM_WORLD_SIZE": "4", "PMIX_RANK": "1"], 4), (["PMI_RANK": "0", "PMI_SIZE": "2"], 2),
    (["PMIX_RANK": "0", "SLURM_STEP_NUM_TASKS": "8"], 8),
  ])
  func launchersSayHowMany(environment: [String: String], size: Int) throws {
    let launch = Launch(environment: environment)
    #expect(launch.isTogether && launch.size == size)
    try launch.requireAgreement(with: size)
    #expect(throws: DistributedError.launcherUnknown(started: size, found: 1)) {
      try launch.requireAgreement(with: 1)
    }
  }

  #if !MPI
    @Test func severalProcessesNeedMPI() {
      #expect(throws: DistributedError.builtWithoutMPI(ranks: 4)) {
        try Communicator.launched(environment: ["OMPI_COMM_WORLD_SIZE": "4"])
      }
    }
  #endif
}
