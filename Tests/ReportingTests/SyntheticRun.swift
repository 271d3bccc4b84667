import Foundation
import ImageData
import Results

/// A run such as the demo makes, invented from a seed: five tasks, three strategies, everything the report shows.
enum SyntheticRun {
  static let classes = [
    ["t-shirt", "trouser"], ["pullover", "dress"], ["coat", "sandal"], ["shirt", "sneaker"], ["bag", "ankle boot"],
  ]
  static let perTask = 100

  /// - Parameter images: a folder that exists; the gallery's PNG files are written into its `adversarial`.
  static func make(images: URL) throws -> Results {
    var random = SplitMix(seed: 7)
    var main = try strategy("adapters", final: 0.97, forgets: 0, robust: 0.5, scale: 1, &random)
    main.gallery = try gallery(in: images, &random)
    main.contrasts = [
      try strategy("fine-tuning", final: 0.96, forgets: 0.11, robust: 0.4, scale: 1.3, &random),
      try strategy("norm-constrained", final: 0.93, forgets: 0, robust: 0.9, scale: 0.02, &random),
    ]
    return main
  }

  private static func strategy(
    _ name: String, final: Double, forgets: Double, robust: Double, scale: Double, _ random: inout SplitMix
  ) throws -> Results {
    var results = Results(
      name: "fashion-mini", strategy: name, network: "Pre-activation ResNet-8, width 16", seed: 0,
      tasks: classes.enumerated().map { index, names in
        TaskRecord(
          name: names.joined(separator: " / "), classes: names, trainImages: 400, testImages: perTask)
      })
    let epsilons = try [2, 4, 8, 16].map { try Rational("\($0)/255") }
    var measures: [(MeasureKey, Double)] = [(.clean(.taskAware), 1), (.clean(.taskAgnostic), 0.7)]
    for epsilon in epsilons {
      measures.append(
        (MeasureKey(measure: "fgsm", norm: .linf, epsilon: epsilon), exp(-epsilon.value * 40 * (1 - robust))))
    }
    for measure in ["pgd", "worst"] {
      measures.append(
        (MeasureKey(measure: measure, norm: .linf, epsilon: epsilons[2]), exp(-epsilons[2].value * 55 * (1 - robust))))
    }
    measures.append(
      (MeasureKey(measure: "certified", norm: .l2, epsilon: try Rational("1/10")), robust > 0.8 ? 0.72 : 0.04))
    for (key, factor) in measures {
      var slice = MeasuredAccuracy(key, tasks: 5)
      let agnostic = key.readout == .taskAgnostic
      for column in 0..<5 {
        if agnostic { slice.record(draw(0.1, &random), after: nil, on: column) }
        let own = draw(final * factor, &random)
        for row in 0..<5 where agnostic || row >= column {
          if row < column {
            slice.record(draw(0.02, &random), after: row, on: column)
          } else if forgets == 0, !agnostic {
            slice.record(own, after: row, on: column)
          } else {
            let lost = (forgets + (agnostic ? 0.06 : 0)) * Double(row - column)
            slice.record(draw(max(0, final * factor - lost), &random), after: row, on: column)
          }
        }
      }
      results.accuracy.append(slice)
    }
    results.computeMetrics()
    results.curves = try results.tasks.flatMap { task in
      try ["fgsm", "pgd"].map { measure in
        let strength = measure == "pgd" ? 55.0 : 40
        let slope = strength * (1 - robust) * Double.random(in: 0.7...1.4, using: &random)
        let points = try [0, 1, 2, 4, 8, 12, 16].map { k -> CurveRecord.Point in
          let epsilon = try Rational(k == 0 ? "0" : "\(k)/255")
          return CurveRecord.Point(epsilon: epsilon, counts: draw(final * exp(-epsilon.value * slope), &random))
        }
        return CurveRecord(
          task: task.name, measure: measure, norm: .linf, form: measure == "pgd" ? .envelope : .raw, points: points)
      }
    }
    results.lipschitz = results.tasks.map { task in
      let names = ["stem"] + (1...3).flatMap { stage in ["stage\(stage).block0", "stage\(stage).block1"] } + ["head"]
      let blocks = names.map { name -> LipschitzRecord.Block in
        let upper = scale < 0.1 ? Double.random(in: 1...2, using: &random) : Double.random(in: 1.5...40, using: &random)
        return .init(name: name, upper: upper, lower: upper * Double.random(in: 0.5...0.95, using: &random))
      }
      let upper = blocks.compactMap(\.upper).reduce(1, *)
      return LipschitzRecord(
        task: task.name, upper: upper, lower: pow(upper, 0.6), blocks: blocks,
        note: "Upper bounds: fp64 Gram iteration, inflated outward by 1e-9 relative.")
    }
    results.brackets = results.tasks.map { task in
      var radii: [Double?] = []
      var distances: [Double?] = []
      for _ in 0..<perTask {
        let wrong = Double.random(in: 0...1, using: &random) > final
        let radius = Double.random(in: 0.01...0.6, using: &random) * (robust > 0.8 ? 1 : 0.05)
        radii.append(wrong ? nil : radius)
        let attack = radius + Double.random(in: 0.1...1.4, using: &random)
        distances.append(wrong || Double.random(in: 0...1, using: &random) < 0.04 ? nil : attack)
      }
      return BracketRecord(
        task: task.name, norm: .l2, attack: "pgd", certifiedRadius: radii, attackDistance: distances,
        soundness: "fp32 network as deployed")
    }
    results.taskInference = TaskInference((0..<5).map { draw(1 - 0.08 * Double($0), &random) })
    results.consistency = ConsistencyCheck(checked: 500)
    results.zeroGradients = [
      ZeroGradients(attack: "fgsm", norm: .linf, epsilon: epsilons[2], fraction: 0.012, n: 500)
    ]
    if forgets == 0 {
      results.nonForgetting = NonForgetting(
        verified: true,
        digests: Dictionary(
          uniqueKeysWithValues: ["trunk", "adapter.0", "adapter.1", "logits.0"].map {
            ($0, (0..<32).map { _ in String(format: "%02x", UInt8.random(in: 0...255, using: &random)) }.joined())
          }))
    }
    results.audit = [
      AuditRow(
        check: "iterative ≥ single-step per sample", verdict: .pass, detail: "PGD fooled all 231 that FGSM fooled"),
      AuditRow(
        check: "accuracy monotone in ε", verdict: .pass, detail: "largest rise 0.0 points (limit: excess above 0.5)"),
      AuditRow(
        check: "curve reaches 0", verdict: robust > 0.8 ? .fail : .pass,
        detail: "lowest accuracy \(robust > 0.8 ? "3.0" : "0.0") % at ε = 0.5"),
      AuditRow(
        check: "transfer from an undefended twin", verdict: .notApplicable, detail: "there is no twin in this run"),
      AuditRow(check: "planted adversary", verdict: .pass, detail: "found in 100 of 100 altered networks"),
    ]
    results.parameters = ParameterCounts(
      trunk: 77_856, perTask: Array(repeating: forgets == 0 ? 9_410 : 130, count: 5))
    results.seconds = Seconds(train: 61.2, attack: 24.9, bounds: 1.3, total: 88)
    results.configuration =
      "seed: 0\ndata:\n  folder: Datasets/fashion-mini\n  stream:\n    classesPerTask: 2\nstrategy: \(name)\n"
    results.environment = ["libtorch": "2.13.0", "device": "cpu", "threads": "2", "version": "0.1.0"]
    return results
  }

  private static func draw(_ rate: Double, _ random: inout SplitMix) -> Tally {
    Tally((0..<perTask).map { _ in Double.random(in: 0..<1, using: &random) < rate })
  }

  /// Sixteen images with a perturbation of ±8 steps, the real ones of the shipped set where they are there.
  private static func gallery(in folder: URL, _ random: inout SplitMix) throws -> [GalleryItem] {
    let target = folder.appending(path: "adversarial")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    let names = classes.flatMap(\.self)
    return try (0..<16).map { index in
      let label = index % 10
      let original = try picture(label, index)
      let pixels = original.pixels.map { value in
        UInt8(clamping: Int(value) + (Bool.random(using: &random) ? 8 : -8))
      }
      let adversarial = try Image(
        width: original.width, height: original.height, channels: original.channels, pixels: pixels)
      try PNG.write(original, to: target.appending(path: "\(index)-original.png"))
      try PNG.write(adversarial, to: target.appending(path: "\(index)-fgsm.png"))
      return GalleryItem(
        task: classes[label / 2].joined(separator: " / "), trueClass: names[label],
        original: "adversarial/\(index)-original.png", adversarial: "adversarial/\(index)-fgsm.png", norm: .linf,
        epsilon: try Rational("8/255"), attack: "fgsm", predictedClean: names[label],
        predictedAdversarial: names[label ^ 1], onGrid: index % 5 != 3)
    }
  }

  private static func picture(_ label: Int, _ index: Int) throws -> Image {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Datasets/fashion-mini/test")
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: root.path))?.sorted() ?? []
    if let name = folders.first(where: { $0.hasPrefix("\(label)-") }) {
      let folder = root.appending(path: name)
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".png") }
        .sorted()
      if files.indices.contains(index) { return try PNG.decode(contentsOf: folder.appending(path: files[index])) }
    }
    return try Image(
      width: 28, height: 28, channels: 1, pixels: (0..<784).map { UInt8(($0 * (label + 3)) % 256) })
  }
}

/// A small generator: the seed is all there is to print.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
