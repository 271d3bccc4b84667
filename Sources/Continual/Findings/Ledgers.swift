import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

extension LipschitzRecord {
  /// The bound of a task's network and where it comes from, with a lower bound from secants around some of its test
  /// images.
  /// - Parameters:
  ///   - trained: what the network was deployed from.
  ///   - issued: the bound that was kept when the task was learned.
  init(
    _ network: DeployedNetwork, of trained: TaskNetwork, _ bound: Result<NetworkBound, LipschitzError>,
    issued: IssuedBound?, _ benchmark: TaskBenchmark, lowerBoundImages: Int, stream: RandomStream
  ) throws {
    let name = benchmark.task.name
    do {
      let bound = try bound.get()
      let lower = try lipschitzLowerBound(
        of: network, pixels: benchmark.pixels(0..<min(lowerBoundImages, benchmark.count)), bound: bound, stream: stream)
      self.init(
        task: name, upper: bound.upper, lower: lower.value,
        blocks: bound.blocks.map { Block(name: $0.name, upper: $0.upper) },
        ledger: try LedgerRecord.found(trained, network, bound, issued: issued, task: name))
    } catch let error as LipschitzError {
      self.init(task: name, upper: nil, lower: nil, blocks: [], note: "\(error)")
    }
  }
}

extension LedgerRecord {
  /// Nil where the trunk alone has no bound.
  fileprivate static func found(
    _ trained: TaskNetwork, _ network: DeployedNetwork, _ bound: NetworkBound, issued: IssuedBound?, task: String
  ) throws -> LedgerRecord? {
    do {
      return LedgerRecord(try TaskLedger(task: task, trained, network, bound: bound, certified: issued), trained)
    } catch is LipschitzError {
      return nil
    }
  }

  init(_ ledger: TaskLedger, _ trained: TaskNetwork) {
    let hasAdapter = trained.adapter != nil
    let before = Dictionary(ledger.additions.map { ($0.name, $0.trunk) }, uniquingKeysWith: { first, _ in first })
    let (standing, stage) = ledger.standing.recorded
    self.init(
      entries: ledger.network.entries.map { entry in
        Entry(
          name: entry.name, factor: entry.factor, branchShare: entry.block?.branchShare,
          trunk: hasAdapter ? before[entry.name] : nil)
      },
      chain: ledger.network.chain, plain: ledger.network.plain, trunk: hasAdapter ? ledger.trunk.upper : nil,
      adapterFactor: hasAdapter ? ledger.adapterFactor : nil, headroom: ledger.headroom, issued: ledger.issuedUpper,
      standing: standing, changedStage: stage)
  }
}

extension Lipschitz.Standing {
  /// As results say it, with the stage that changed.
  fileprivate var recorded: (LedgerRecord.Standing, stage: String?) {
    switch self {
    case .stands: (.stands, nil)
    case .changed(let stage): (.changed, stage)
    case .notCompared: (.notCompared, nil)
    }
  }
}
