import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Robustness
import Testing
import TorchCore

@testable import Continual

/// Certificates as part of a run: ledgers, bounds on balls, smoothing.
@TorchActor @Suite struct CertifiedRunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(train: 12, test: 4)
  }

  /// Fully connected blocks: bounds on balls cost little.
  private func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .tiny(data.url) {
      $0.network.architecture = .mlp
      $0.network.depth = 1
      $0.network.width = 6
      $0.network.norm = .none
      $0.training.trunkEpochs = 3
      $0.training.epochs = 3
      $0.evaluation.attacks = []
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
      change(&$0)
    }
  }

  private func run(_ name: String) -> URL { runs.url.appending(path: name) }

  // MARK: Ledgers

  @Test func adaptersLeaveOldCertificatesStanding() throws {
    let results = try Experiment.train(
      configuration { $0.strategy.adapter.budget = 0.25 }, in: run("a"))
    let ledgers = try results.lipschitz.map { try #require($0.ledger) }
    #expect(ledgers.count == 2 && results.lipschitz.standing == Tally(correct: 2, n: 2))
    for (record, ledger) in zip(results.lipschitz, ledgers) {
      let upper = try #require(record.upper)
      #expect(ledger.issued == upper && ledger.standing == .stands)
      let product = ledger.entries.compactMap(\.factor).reduce(1, *)
      #expect(abs(product / upper - 1) < 1e-12 && ledger.entries.last?.name == "head")
      let chain = try #require(ledger.chain)
      #expect(chain >= upper)
    }
    // The second task has an adapter, of which the first block or more is changed, within its budget.
    let second = ledgers[1]
    let (trunk, factor, room) = try (
      #require(second.trunk), #require(second.adapterFactor), #require(second.headroom)
    )
    let upper = try #require(results.lipschitz[1].upper)
    #expect(abs(trunk * factor / upper - 1) < 1e-12 && room >= 1)
    let changed = second.entries.filter { $0.trunk != nil }
    let additions = try changed.map { try #require($0.factor) / #require($0.trunk) }.reduce(1, *)
    #expect(!changed.isEmpty && abs(additions / factor - 1) < 1e-9, "the additions multiply to the adapter's factor")

    for file in ["report.html", "report.md"] {
      let text = try String(contentsOf: run("a").appending(path: file), encoding: .utf8)
      #expect(text.contains("Certificates issued then") && text.contains("stand"), "\(file)")
    }
    #expect(try Results(contentsOf: run("a").appending(path: "results.json")).lipschitz == results.lipschitz)
    // A network from disk is compared with what the run kept.
    let subjects = try Subjects.load(run("a"))
    #expect(subjects.map { $0.issued?.upper } == results.lipschitz.map(\.upper))
    let trained = try #require(subjects[0].trained)
    #expect(try TaskLedger(task: "t", trained, certified: subjects[0].issued).standing == .stands)
    #expect(try TaskLedger(task: "t", trained, certified: subjects[1].issued).standing != .stands)
  }

  @Test func fineTuningVoidsThemAndSaysWhere() throws {
    let results = try Experiment.train(configuration { $0.strategy.kind = .fineTuning }, in: run("f"))
    let ledgers = try results.lipschitz.map { try #require($0.ledger) }
    #expect(ledgers.map(\.standing) == [.changed, .stands] && results.lipschitz.standing == Tally(correct: 1, n: 2))
    let stage = try #require(ledgers[0].changedStage)
    #expect(ledgers[0].entries.contains { stage == $0.name || stage.hasPrefix($0.name) }, "\(stage)")
    #expect(ledgers[0].issued != results.lipschitz[0].upper && ledgers[0].trunk == nil)
    // Measured again from the checkpoints, against what was kept then.
    #expect(try Experiment.evaluate(run("f")).lipschitz == results.lipschitz)
  }

  /// The comparison is with the checkpoint, not with what the network is now.
  @Test func whatWasKeptDecides() throws {
    let folder = run("k")
    let subject = try configuration()
    let before = try Experiment.train(subject, in: folder)
    let checkpoints = CheckpointStore(root: folder.appending(path: "checkpoints")).entries().map(\.url)
    func rewrite(_ name: String, _ body: (inout [String: Any]) throws -> Void) throws {
      for url in checkpoints.map({ $0.appending(path: name) }) {
        // Before the first task was learned it had left nothing.
        guard let data = try? Data(contentsOf: url) else { continue }
        var state = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        try body(&state)
        try JSONSerialization.data(withJSONObject: state).write(to: url)
      }
    }
    try rewrite("task-001.json") { settled in
      var issued = try #require(settled["issued"] as? [String: Any])
      var marks = try #require(issued["fingerprint"] as? [String])
      marks[0] += "0"
      issued["fingerprint"] = marks
      settled["issued"] = issued
    }
    let resumed = try Experiment.train(subject, in: folder, options: RunOptions(resume: true))
    #expect(resumed.lipschitz.map { $0.ledger?.standing } == [.changed, .stands])

    // A checkpoint of a version that kept none: nothing is compared, and all else is what it was.
    for task in 1...2 { try rewrite("task-00\(task).json") { $0["issued"] = nil } }
    try rewrite("state.json") { state in
      var evaluation = try #require(state["evaluation"] as? [String: Any])
      (evaluation["certification"], evaluation["certificates"]) = (nil, nil)
      state["evaluation"] = evaluation
    }
    let old = try Experiment.train(subject, in: folder, options: RunOptions(resume: true))
    #expect(old.lipschitz.map { $0.ledger?.standing } == [.notCompared, .notCompared])
    #expect(old.accuracy == before.accuracy && old.certificates.isEmpty)
    // As many as there are tasks, or none.
    try rewrite("state.json") { state in
      state["schema"] = "steadfast.checkpoint/2"
      state["issued"] = [NSNull()]
    }
    #expect(throws: RunError.self) { try Experiment.train(subject, in: folder, options: RunOptions(resume: true)) }
  }

  @Test(arguments: [("evaluate after task 1", 1), ("learn task 2", 1), ("smooth", 1), ("bounds and audit", 2)])
  func interruptedEqualsUninterrupted(stage: String, reports: Int) throws {
    let size = try Rational("1/255")
    let subject = try configuration {
      $0.evaluation.certification = .init(linf: [size], local: true)
      $0.evaluation.smoothing = .init(sigma: 0.1, samples: 50, selectionSamples: 10, alpha: 0.01, images: 2)
      $0.evaluation.bracketsPerTask = 1
    }
    try expectResumed(subject, in: runs.url, at: [(stage, reports)])
  }

  // MARK: Bounds on balls

  /// The better of two bounds, in both norms; attacks of both norms lie between certified and clean.
  @Test func localBoundsCertifyMoreInBothNorms() throws {
    let (l2, linf) = try (Rational("1/4"), Rational("16/255"))
    let subject = try configuration {
      $0.evaluation.attacks = [
        .init(name: .pgd, norm: .l2, epsilons: [l2], steps: 3), .init(name: .fgsm, norm: .linf, epsilons: [linf]),
      ]
      $0.evaluation.agnosticImages = 0
      $0.evaluation.certify = [l2]
      $0.evaluation.certification.linf = [linf]
      $0.evaluation.bracketsPerTask = 4
    }
    let global = try Experiment.train(subject, in: run("l"))
    let local = try Experiment.evaluate(run("l"), adding: EvaluationAdditions(local: true))
    var more = 0
    for (norm, size) in [(PerturbationNorm.l2, l2), (.linf, linf)] {
      let key = MeasureKey(measure: "certified", norm: norm, epsilon: size)
      let (before, after) = try (#require(global.accuracy(of: key)), #require(local.accuracy(of: key)))
      #expect(local.metrics(of: key)?.forgetting == 0, "certified forgetting exists in \(norm)")
      for (row, column) in [(0, 0), (1, 0), (1, 1)] {
        let (few, many) = try (
          #require(before.tally(after: row, on: column)), #require(after.tally(after: row, on: column))
        )
        #expect(few.n == 8 && many.n == 8 && many.correct >= few.correct)
        more += many.correct - few.correct
      }
      let records = local.certificates.filter { $0.norm == norm }
      #expect(records.count == 2 && records.allSatisfy { $0.images == 8 && $0.soundness.hasSuffix("in [0, 1]") })
      for record in records { #expect(try #require(record.median) >= #require(record.medianByNetwork)) }
    }
    #expect(more > 0, "bounds on balls certify more")
    #expect(local.certificates.contains { $0.methods.keys.contains { $0 != LocalMethod.global.rawValue } })
    #expect(global.certificates.allSatisfy { Set($0.methods.keys).isSubset(of: [LocalMethod.global.rawValue]) })
    // Every image of every ball, L∞ among them.
    #expect(local.consistency?.checked == 3 * 8 * 2 && local.consistency?.holds == true)
    for (few, many) in zip(global.brackets, local.brackets) {
      #expect(few.images == many.images && many.violations.isEmpty && few.attackDistance == many.attackDistance)
      #expect(zip(few.certifiedRadius, many.certifiedRadius).allSatisfy { ($1 ?? -1) >= ($0 ?? -1) })
      #expect(many.soundness?.hasSuffix("images in [0, 1]") == true)
    }
    #expect(zip(global.brackets, local.brackets).contains { $0.certifiedRadius != $1.certifiedRadius })
    // And a run that was extended goes on as what it now is.
    let stored = try ConfigurationReader.read(contentsOf: run("l").appending(path: "config.yaml"))
    #expect(stored.evaluation.certification.local)
    let resumed = try Experiment.train(stored, in: run("l"), options: RunOptions(resume: true))
    #expect(resumed.accuracy == local.accuracy && resumed.certificates == local.certificates)
  }

  /// Group norm has no bounds on balls: the network's bound stands alone, and the report says why.
  @Test func aNetworkWithoutLocalBoundsKeepsItsGlobalOnes() throws {
    let results = try Experiment.train(
      configuration {
        ($0.network.architecture, $0.network.depth, $0.network.width) = (.resnet, 8, 4)
        $0.network.norm = .group
        $0.evaluation.certification.local = true
        $0.evaluation.bracketsPerTask = 1
      }, in: run("m"))
    #expect(results.certificates.count == 2)
    for record in results.certificates {
      #expect(record.note?.contains("group norm") == true && record.median == record.medianByNetwork)
      #expect(!record.soundness.contains("[0, 1]"))
    }
    let page = try String(contentsOf: run("m").appending(path: "report.html"), encoding: .utf8)
    #expect(page.contains("By the bound of the whole network alone"))
    let log = try String(contentsOf: run("m").appending(path: "log.txt"), encoding: .utf8)
    #expect(log.components(separatedBy: "network's bound alone").count == 2, "said once")
  }

  // MARK: Smoothing

  @Test func smoothingIsARecordOfItsOwn() throws {
    let plain = try Experiment.train(configuration(), in: run("p"))
    let results = try Experiment.train(
      configuration {
        $0.evaluation.smoothing = .init(sigma: 0.1, samples: 200, selectionSamples: 20, alpha: 0.01, images: 3)
      }, in: run("s"))
    #expect(plain.smoothing.isEmpty && results.smoothing.map(\.task) == results.tasks.map(\.name))
    #expect(results.accuracy == plain.accuracy && results.brackets == plain.brackets)
    #expect(results.certificates == plain.certificates && results.consistency == plain.consistency)

    // What the room itself finds of the network on disk, with the seed that the record names.
    let subject = try Subjects.load(run("s"))[1]
    let session = try Session(
      configuration(), RunFolder(existing: run("s"), for: .reading),
      RunMaterial(configuration(), observer: SilentObserver()), observer: SilentObserver(),
      interruption: Interruption())
    let sample = try session.benchmarks[1].sample(3)
    let record = results.smoothing[1]
    #expect(record.seed == 0 && record.selectionSamples == 20 && record.samples == 200 && record.inputCount == 64)
    func certify(seed: UInt64) throws -> SmoothedCertificates {
      try RandomizedSmoothing(sigma: 0.1, selectionDraws: 20, estimationDraws: 200, alpha: 0.01, batchSize: 16).certify(
        subject.network, labels: sample.labels, indices: sample.indices,
        stream: RandomizedSmoothing.stream(seed: seed, network: 1),
        pixels: { try sample.pixels.narrowed(0, from: $0.lowerBound, count: $0.count) })
    }
    let found = try certify(seed: record.seed)
    #expect(found.radiiL2 == record.radius && found.samples.map(\.isCorrect) == record.correct)
    #expect(found.samples.map(\.probabilityLower) == record.probability)
    #expect(record.radius.count == 3 && record.radius.contains { $0 != nil })

    // A finished run is extended by it.
    let extended = try Experiment.evaluate(
      run("p"),
      adding: EvaluationAdditions(
        smoothing: .init(sigma: 0.1, samples: 200, selectionSamples: 20, alpha: 0.01, images: 3)))
    #expect(extended.smoothing == results.smoothing)
    let csv = try String(contentsOf: run("p").appending(path: "report.csv"), encoding: .utf8)
    #expect(csv.contains("smoothed-probabilistic,l2,1/10,2,2,"))
  }

  /// An image takes 2 batches that select and 13 that estimate: a run stops among them, not after the image.
  @Test func smoothingStopsBetweenNoisyBatches() throws {
    let session = try Session(
      configuration(), RunFolder(run("s"), .fresh), RunMaterial(configuration(), observer: SilentObserver()),
      observer: SilentObserver(), interruption: Interruption())
    var asked = 0
    let network = try DeployedNetwork(
      inputShape: [1, 8, 8], body: [Stage("flatten", .flatten)], headWeight: Tensor.zeros([2, 64]),
      headBias: Tensor.zeros([2]))
    let smoothed = SmoothedImages(
      settings: .init(sigma: 0.1, samples: 200, selectionSamples: 20, alpha: 0.01, images: 3), batchSize: 16, seed: 0,
      observer: SilentObserver(),
      stopIfAsked: {
        asked += 1
        if asked == 17 { throw CancellationError() }
      })
    #expect(throws: CancellationError.self) { try smoothed.record(network, session.benchmarks[0], task: 0) }
    #expect(asked == 17, "the second image's second batch")
  }

  /// An evaluation stands for another only where certificates are alike.
  @Test func whatCoversWhat() throws {
    var asked = Configuration.Evaluation()
    var made = asked
    made.certification.linf = [try Rational("1/255")]
    made.smoothing.sigma = 0.25
    #expect(made.covers(asked) && !asked.covers(made))
    asked.certification.local = true
    #expect(!made.covers(asked))
    asked.certification.local = false
    asked.smoothing.sigma = 0.5
    #expect(!made.covers(asked))
  }
}
