import Foundation
import Results
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct RunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  @Test func adaptersForgetNothingAndVerify() throws {
    let folder = runs.url.appending(path: "run")
    let results = try Experiment.train(.tiny(data.url) { $0.evaluation.audit = .quick }, in: folder)

    let clean = try #require(results.accuracy(of: .clean(.taskAware)))
    #expect(clean.accuracy[0, 0] == clean.accuracy[1, 0])
    #expect(clean.accuracy[0, 1] == nil, "a head that no task has made cannot be measured")
    #expect(try #require(clean.accuracy[1, 1]) > 0.9, "the bars are easy")
    #expect(results.metrics(of: .clean(.taskAware))?.forgetting == 0)
    #expect(results.nonForgetting?.verified == true)
    #expect(results.consistency?.checked == 3 * 16 * 2 * 2, "three cells of 16 images in two balls, two readouts")

    let pgd = results.curves.filter { $0.measure == "pgd" }
    #expect(pgd.allSatisfy { $0.settings?.hasPrefix("3 steps of 2.5") == true })
    #expect(Set(results.curves.map(\.measure)) == ["fgsm", "pgd"] && results.curves.allSatisfy { $0.settings != nil })
    #expect(results.audit.count { $0.detail.contains("L2 1/10, PGD 10 steps") } == 9 * 2)
    #expect(Set(results.audit.map(\.check)).count == 17 && results.audit.count == 17 * 2)

    let verification = try Experiment.verify(folder)
    #expect(verification.passed, "\(verification)")
    #expect(verification.checked > 50)
    for file in ["results.json", "report.html", "report.md", "report.csv", "config.yaml", "environment.json"] {
      #expect(FileManager.default.fileExists(atPath: folder.appending(path: file).path), "\(file)")
    }
  }

  @Test func theSameSeedGivesTheSameBytesAndAnotherDoesNot() throws {
    let audited = try Configuration.tiny(data.url) { $0.evaluation.audit = .quick }
    let first = try Experiment.train(audited, in: runs.url.appending(path: "a"))
    let second = try Experiment.train(audited, in: runs.url.appending(path: "b"))
    #expect(first.equalsIgnoringSeconds(second))
    #expect(try fingerprint(of: runs.url.appending(path: "a")) == fingerprint(of: runs.url.appending(path: "b")))
    _ = try Experiment.train(.tiny(data.url) { $0.seed = 7 }, in: runs.url.appending(path: "c"))
    #expect(try fingerprint(of: runs.url.appending(path: "a")) != fingerprint(of: runs.url.appending(path: "c")))
  }

  @Test func fineTuningPromisesNothing() throws {
    let results = try Experiment.train(
      .tiny(data.url) { $0.strategy.kind = .fineTuning }, in: runs.url.appending(path: "run"))
    #expect(results.nonForgetting == nil)
    #expect(results.parameters.perTask.count == 2)
    // The second task's training moves the shared trunk: what the first task's head sees is no longer what it was.
    let store = CheckpointStore(root: runs.url.appending(path: "run/checkpoints"))
    let trunks = try store.entries().filter { $0.step == nil }.map { try store.read($0).files["trunk"] }
    #expect(trunks.count == 2)
    #expect(trunks.first != trunks.last)
  }

  @Test func contrastsAreReportedTogether() throws {
    let folder = runs.url.appending(path: "run")
    let results = try Experiment.train(
      .tiny(data.url) { $0.contrasts = [.init(name: "tuned", set: ["strategy.kind=fine-tuning"])] }, in: folder)
    #expect(results.contrasts.map(\.strategy) == ["fine-tuning"])
    let html = try String(contentsOf: folder.appending(path: "report.html"), encoding: .utf8)
    #expect(html.contains("fine-tuning"))
    for item in results.contrasts[0].gallery {
      #expect(FileManager.default.fileExists(atPath: folder.appending(path: item.adversarial).path))
    }
  }

  @Test func aPretrainedTrunkComesFromAFolderOrFromWeights() throws {
    let pretrained = runs.url.appending(path: "folder")
    let configuration = try Configuration.tiny(data.url) {
      $0.strategy.trunk = .folder
      $0.strategy.trunkPath = data.url.path
    }
    let results = try Experiment.train(configuration, in: pretrained)
    #expect(results.metrics(of: .clean(.taskAware))?.forgetting == 0)

    let weights = pretrained.appending(path: "checkpoints/lesson-003/trunk.safetensors")
    let loaded = try Experiment.train(
      .tiny(data.url) {
        $0.strategy.trunk = .weights
        $0.strategy.trunkPath = weights.path
      }, in: runs.url.appending(path: "weights"))
    #expect(try #require(loaded.metrics(of: .clean(.taskAware))?.averageAccuracy) > 0.8)
    #expect(
      try Data(contentsOf: runs.url.appending(path: "weights/checkpoints/lesson-002/trunk.safetensors"))
        == Data(contentsOf: weights), "a loaded trunk is frozen from the start")
  }

  @Test func evaluateAddsAnAttackAndChangesNothingElse() throws {
    let folder = runs.url.appending(path: "run")
    let before = try Experiment.train(.tiny(data.url), in: folder)
    let attack = try Configuration.Attack(name: .fgsm, norm: .linf, epsilons: [Rational("16/255")])
    let after = try Experiment.evaluate(folder, adding: .init(attacks: [attack]))
    let new = try MeasureKey(measure: "fgsm", norm: .linf, epsilon: Rational("16/255"), readout: .taskAware)
    #expect(before.accuracy(of: new) == nil)
    #expect(after.accuracy(of: new)?.tally(after: 1, on: 1)?.n == 16)
    for measured in before.accuracy { #expect(after.accuracy(of: measured.key) == measured) }
    #expect(after.nonForgetting == before.nonForgetting)
    // What was added stays when more is added.
    let more = try Configuration.Attack(name: .pgd, norm: .l2, epsilons: [Rational("1/4")], steps: 3)
    let third = try Experiment.evaluate(folder, adding: .init(attacks: [more]))
    #expect(third.accuracy(of: new) != nil)
    let other = try Configuration.Attack(name: .pgd, norm: .l2, epsilons: [Rational("1/4")], steps: 40)
    #expect(throws: RunError.self) { try Experiment.evaluate(folder, adding: .init(attacks: [other])) }
  }

  /// What a run is, and its contrasts are, beside its log.
  private func content(of run: URL) throws -> [String: Data] {
    let names = try #require(FileManager.default.enumerator(atPath: run.path)?.allObjects as? [String])
    return try names.reduce(into: [:]) { content, name in
      let url = run.appending(path: name)
      guard url.lastPathComponent != "log.txt",
        try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true
      else { return }
      content[name] = try Data(contentsOf: url)
    }
  }

  /// What cannot be measured is said before anything is, and whoever stops finds all as it was, finished contrasts and
  /// their images too.
  @Test func evaluateChangesAllOrNothing() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(
      .tiny(data.url) {
        $0.evaluation.attacks = []
        $0.contrasts = [
          .init(name: "first", set: ["strategy.kind=fine-tuning"]), .init(name: "second", set: ["training.epochs=1"]),
        ]
      }, in: folder)
    let before = try content(of: folder)
    // The gallery shows the first attack in L∞.
    let additions = try EvaluationAdditions(
      attacks: [Configuration.Attack(name: .fgsm, norm: .linf, epsilons: [Rational("1/2")])])

    // Once in the run, once in each contrast.
    for reports in 1...3 {
      let interruption = Interruption()
      let observer = InterruptingObserver("bounds and audit", after: 3 * reports - 1, interruption)
      #expect(throws: RunError.stopped(folder: folder.path)) {
        try Experiment.evaluate(
          folder, adding: additions, options: RunOptions(observer: observer, interruption: interruption))
      }
      #expect(interruption.isRaised)
      #expect(try content(of: folder) == before, "stopped at \(reports)")
    }

    let config = folder.appending(path: "contrasts/second/config.yaml")
    let text = try Data(contentsOf: config)
    try FileManager.default.removeItem(at: config)
    let interruption = Interruption()
    let observer = InterruptingObserver("evaluate", after: 1, interruption)
    #expect {
      try Experiment.evaluate(
        folder, adding: additions, options: RunOptions(observer: observer, interruption: interruption))
    } throws: {
      guard case RunError.noSuchRun(let contrast, _) = $0 else { return false }
      return contrast.hasSuffix("contrasts/second")
    }
    #expect(!interruption.isRaised, "nothing was evaluated")
    try text.write(to: config)

    let results = try Experiment.evaluate(folder, adding: additions)
    #expect(results.contrasts.count == 2 && !results.gallery.isEmpty && !results.contrasts[0].gallery.isEmpty)
    for item in results.gallery + results.contrasts.flatMap(\.gallery) {
      #expect(
        FileManager.default.fileExists(atPath: folder.appending(path: item.adversarial).path), "\(item.adversarial)")
    }
  }

  /// Contrasts are extended with the run, and keep the steps that they chose for themselves.
  @Test func evaluateExtendsContrastsToo() throws {
    let folder = runs.url.appending(path: "run")
    let steps = "evaluation.attacks=[{name: pgd, norm: l2, epsilons: [1/10], steps: 5}]"
    _ = try Experiment.train(.tiny(data.url) { $0.contrasts = [.init(name: "patient", set: [steps])] }, in: folder)
    let attack = try Configuration.Attack(name: .pgd, norm: .l2, epsilons: [Rational("1/4")], steps: 3)
    let results = try Experiment.evaluate(folder, adding: .init(attacks: [attack]))
    let new = try MeasureKey(measure: "pgd", norm: .l2, epsilon: Rational("1/4"), readout: .taskAware)
    #expect(results.accuracy(of: new) != nil)
    #expect(results.contrasts.first?.accuracy(of: new) != nil)
    // And a run that was extended can still be resumed from what it now says it is.
    let stored = try ConfigurationReader.read(contentsOf: folder.appending(path: "config.yaml"))
    let resumed = try Experiment.train(stored, in: folder, options: RunOptions(resume: true))
    #expect(resumed.accuracy(of: new) == results.accuracy(of: new))
  }

  @Test func aBatchThatBatchNormCannotLearnFromIsRefused() throws {
    // 8×8 images are 2×2 in the third stage; a kernel of one pixel per image needs more than one image.
    let small = try TemporaryFolder()
    try BarImages.write(to: small.url, side: 4)
    #expect(throws: (any Error).self) {
      try Experiment.train(.tiny(small.url) { $0.training.batchSize = 1 }, in: runs.url.appending(path: "run"))
    }
  }
}
