import Foundation
import ResidualNets
import Results

extension Session {
  /// Everything the run found out, as its results: what was measured task by task, what is looked at once at the end,
  /// and whether what must not change is what it was.
  /// - Parameter pictures: a folder for adversarial images; nil for the run's own.
  func results(pictures: URL? = nil) throws -> Results {
    if configuration.strategy.kind.promisesNonForgetting {
      try promises.compare(models.digests(reading: true), models, benchmarks)
    }
    let clock = ContinuousClock()
    let start = clock.now
    let drift = configuration.strategy.kind.promisesNonForgetting ? [] : try driftWhereKnown()
    let driftSeconds = (clock.now - start) / .seconds(1)
    let findings = try Findings(self, pictures: pictures ?? folder.adversarial)
    var results = Results(
      name: configuration.name, strategy: configuration.strategy.kind.rawValue,
      network: models.trunk.description.summary, seed: configuration.seed,
      tasks: benchmarks.map { benchmark in
        TaskRecord(
          name: benchmark.task.name, classes: benchmark.task.classNames,
          trainImages: benchmark.task.train.count, testImages: benchmark.count)
      })
    results.scenario = models.layout.scenario.rawValue
    results.stream = stream.lines
    results.accuracy = record.accuracy
    results.computeMetrics()
    results.taskInference = TaskInference(
      record.inference, rule: rule?.rawValue, underAttack: record.movedInference ?? [])
    results.consistency = record.consistency
    results.zeroGradients = record.zeroGradients
    results.curves = record.curves
    results.lipschitz = findings.lipschitz
    results.brackets = findings.brackets
    results.certificates = record.certificates ?? []
    results.smoothing = findings.smoothing
    results.precision = findings.precision
    results.corruptions = findings.corruptions
    results.spatial = configuration.evaluation.spatial.attack?.settings ?? ""
    results.audit = findings.audit
    results.gallery = findings.gallery
    if configuration.strategy.kind.promisesNonForgetting {
      results.nonForgetting = NonForgetting(
        verified: promises.firstDifference == nil, digests: promises.recorded.all,
        firstDifference: promises.firstDifference)
    }
    results.drift = drift
    results.parameters = models.parameterCounts
    results.memory = strategy.memory(imageBytes: stream.shape.byteCount)
    results.seconds = Seconds(
      train: trainSeconds, attack: record.attackSeconds + findings.attackSeconds,
      bounds: record.boundSeconds + findings.boundSeconds + driftSeconds)
    results.configuration = try configuration.yaml()
    results.environment = Environment(configuration).values
    if !trainingRanks.isEmpty {
      results.environment["trainingRanks"] = trainingRanks.map(String.init).joined(separator: ", ")
    }
    return results
  }
}
