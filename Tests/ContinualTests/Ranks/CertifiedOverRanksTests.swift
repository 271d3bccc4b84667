import Foundation
import Results
import Testing
import TorchCore

@testable import Continual

/// Certificates of all test images, which ranks share batch by batch.
@TorchActor @Suite struct CertifiedOverRanksTests: RunSuite {
  let folders: RunFolders

  init() throws {
    try Torch.setThreads(1)
    // 70 images a task: of batches of 16 four are handed out together, and of the last batch a part.
    folders = try .withBars(train: 12, test: 35)
  }

  /// By the network's bound, by bounds on balls, and where those are refused: the same as of one rank.
  @Test(arguments: [(false, true), (true, true), (true, false)])
  func doNotDependOnTheirNumber(local: Bool, hasLocalBounds: Bool) throws {
    let (l2, linf) = try (Rational("1/10"), Rational("1/255"))
    let configuration = try Configuration.bare(data.url) {
      $0.network.architecture = .mlp
      $0.network.depth = 1
      $0.network.width = 6
      $0.network.norm = .none
      $0.training.trunkEpochs = 2
      $0.training.epochs = 1
      $0.evaluation.batchSize = 30
      $0.evaluation.certify = [l2]
      $0.evaluation.certification.linf = [linf]
      $0.evaluation.certification.local = local
      if !hasLocalBounds { $0.network.block = .backwardEuler }
    }
    let one = try trainOverThreads(configuration, over: 1, in: runs.url.appending(path: "one"))
    if hasLocalBounds {
      let certificates = one.certificates.filter { $0.norm == .l2 }
      #expect(certificates.map(\.images) == [70, 70])
      #expect(certificates.allSatisfy { $0.methods.keys.contains { $0 != "global Lipschitz bound" } == local })
    }
    for size in [2, 3] {
      var several = try trainOverThreads(configuration, over: size, in: runs.url.appending(path: "\(size)"))
      several.seconds = one.seconds
      #expect(several == one, "over \(size)")
    }
  }
}
