import Steadfast

/// Accuracy under attack, a row per network, attack and ε.
struct AttackFindings: CommandResult {
  struct Row: Encodable, Sendable {
    let network: String
    /// Of the run, from 1; nil of a network of no run.
    let task: Int?
    let attack: String
    let norm: PerturbationNorm?
    let epsilon: Rational?
    let accuracy: Double?
    let interval: Interval
    /// [correct, of].
    let counts: Tally
    /// [correct, of] once adversarials are images of whole levels, as PNGs hold them.
    let onGrid: Tally?
    /// Every setting of the attack.
    let settings: String?
    /// Forward passes, the mean over images.
    let queries: Double?
    /// Images that a search in bfloat16 took for fooled and the network itself did not; they were searched again. Nil
    /// of a search in fp32.
    let refuted: Int?
    let outcomes: Outcomes?
  }

  /// What became of every image, in order.
  struct Outcomes: Encodable, Sendable {
    /// Right clean and wrong under the attack.
    let fooled: [Bool]
    /// Of the adversarial that was found, 0 of an image that is wrong clean, null of one that withstood.
    let distance: [Double?]
  }

  let schema = "steadfast.attack/1"
  let seed: UInt64
  var rows: [Row] = []
  var files: [String] = []

  private enum CodingKeys: CodingKey { case schema, seed, rows, files }

  init(seed: UInt64) { self.seed = seed }

  mutating func add(_ outcome: EvaluationOutcome, of network: JudgedNetwork, listingImages: Bool) {
    func add(_ attack: String, _ found: AttackOutcome?, _ tally: Tally) {
      rows.append(
        Row(
          network: network.name, task: network.task, attack: attack, norm: found?.ball.norm,
          epsilon: found?.ball.epsilon, accuracy: tally.rate, interval: tally.interval, counts: tally,
          onGrid: found?.tallyOnGrid, settings: found?.settings,
          queries: found.map { Double($0.queries.reduce(0, +)) / Double(max($0.queries.count, 1)) },
          refuted: found?.refuted,
          outcomes: !listingImages
            ? nil
            : found.map {
              Outcomes(fooled: zip(outcome.cleanCorrect, $0.correct).map { $0 && !$1 }, distance: $0.successDistances)
            }))
    }
    add(MeasureName.clean, nil, outcome.clean)
    for attack in outcome.attacks { add(attack.attack, attack, attack.tally) }
  }

  mutating func add(_ spatial: SpatialAttack, _ found: (correct: [Bool], queries: [Int]), of network: JudgedNetwork) {
    let tally = Tally(found.correct)
    rows.append(
      Row(
        network: network.name, task: network.task, attack: spatial.name, norm: nil, epsilon: nil, accuracy: tally.rate,
        interval: tally.interval, counts: tally, onGrid: nil, settings: spatial.settings,
        queries: Double(found.queries.reduce(0, +)) / Double(max(found.queries.count, 1)), refuted: nil, outcomes: nil))
  }

  /// Corruptions that change no sample of these images have no row, as they have no accuracy.
  mutating func add(_ records: [CorruptionRecord], of network: JudgedNetwork) {
    for record in records {
      for (severity, tally) in zip(record.severities, record.counts) {
        rows.append(
          Row(
            network: network.name, task: network.task, attack: "\(record.corruption)/\(severity)", norm: nil,
            epsilon: nil, accuracy: tally.rate, interval: tally.interval, counts: tally, onGrid: nil, settings: nil,
            queries: nil, refuted: nil, outcomes: nil))
      }
    }
  }

  /// What the search in bfloat16 and the verdict in fp32 said differently.
  private var disagreement: String {
    let refuted = rows.compactMap(\.refuted)
    guard !refuted.isEmpty else { return "" }
    return "\n\nsearched in bfloat16, judged in float32: \(refuted.reduce(0, +)) points that fool the one and not the "
      + "other, over \(refuted.count) rows; their images were searched again in float32"
  }

  var text: String {
    var table = TextTable(
      ["network", "attack", "norm", "ε", "accuracy", "95 % interval", "on the grid", "images"], words: 4)
    for row in rows {
      table.add([
        JudgedNetwork.title(row.network, task: row.task), row.attack, row.norm?.symbol ?? "",
        row.epsilon?.text ?? "", Numbers.percent(row.accuracy),
        "\(Numbers.fixed(100 * row.interval.low, 1))–\(Numbers.fixed(100 * row.interval.high, 1))",
        row.onGrid.map { Numbers.percent($0.rate) } ?? "", "\(row.counts.n)",
      ])
    }
    return table.text + disagreement
      + (files.isEmpty ? "" : "\n\n\(files.count - 1) images written; look through them in index.html")
  }
}
