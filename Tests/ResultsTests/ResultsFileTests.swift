import Foundation
import Testing

@testable import Results

@Suite struct ResultsFileTests {
  /// Two tasks with one of everything.
  private func sample() throws -> Results {
    var results = Results(
      name: "run", strategy: "adapters", network: "ResNet-20", seed: UInt64.max,
      tasks: [
        TaskRecord(name: "one", classes: ["a", "b"], trainImages: 10, testImages: 4),
        TaskRecord(name: "two", classes: ["c", "d\u{1}\"</x>"], trainImages: 10, testImages: 4),
      ])
    var clean = MeasuredAccuracy(.clean(.taskAware), tasks: 2)
    clean.record(Tally(correct: 2, n: 3), after: 0, on: 0)
    clean.record(Tally(correct: 2, n: 3), after: 1, on: 0)
    clean.record(Tally(correct: 4, n: 4), after: 1, on: 1)
    let epsilon = try Rational("8/255")
    var fgsm = MeasuredAccuracy(MeasureKey(measure: "fgsm", norm: .linf, epsilon: epsilon), tasks: 2)
    fgsm.record(Tally(correct: 0, n: 4), after: 1, on: 0)
    results.accuracy = [clean, fgsm]
    results.computeMetrics(reference: [0.5, 1])
    results.lipschitz = [
      LipschitzRecord(
        task: "one", upper: 12.5, lower: 3,
        blocks: [.init(name: "stem", upper: .infinity), .init(name: "b", upper: 2)],
        ledger: LedgerRecord(
          entries: [.init(name: "b", factor: 5, branchShare: 0.25, trunk: 4), .init(name: "head", factor: 2.5)],
          chain: .infinity, plain: 3, trunk: 10, adapterFactor: 1.25, headroom: 1.5, issued: 12.5, standing: .changed,
          changedStage: "head"))
    ]
    results.certificates = [
      CertificateRecord(
        task: "one", norm: .linf, network: [0.125, nil, 0.25],
        best: [(0.125, "global Lipschitz bound"), nil, (0.5, "interval bounds")], soundness: "fp32")
    ]
    results.smoothing = [
      SmoothingRecord(
        task: "one", sigma: 0.25, selectionSamples: 100, samples: 1000, alpha: 0.001, seed: 7,
        soundness: "probabilistic", inputCount: 4,
        correct: [true, false, false], radius: [0.5, 0.25, nil], probability: [0.75, 0.625, 0.375])
    ]
    results.precision = [
      PrecisionRecord(
        task: "one", exact: Tally(correct: 2, n: 3), reduced: Tally(correct: 1, n: 3), changed: 1,
        largestDifference: 0.25, largestLogit: 8)
    ]
    results.nonForgetting = NonForgetting(verified: true, digests: ["trunk": "00ff"])
    results.drift = [
      DriftRecord(
        task: "one", images: 3, medianBound: 0.5, largestBound: .infinity, medianMovement: 0.1, largestMovement: 0.2,
        proven: Tally(correct: 1, n: 3), standing: Tally(correct: 2, n: 3))
    ]
    results.audit = [AuditRow(check: "zero gradients", verdict: .notApplicable, detail: "none")]
    results.parameters = ParameterCounts(trunk: 100, perTask: [7, 7])
    results.memory = MemoryRecord(images: 5, bytes: 320)
    results.seconds = Seconds(train: 1.5, attack: 0.1, bounds: 3)
    results.taskInference = TaskInference([Tally(correct: 1, n: 3), nil])
    results.consistency = ConsistencyCheck(
      checked: 3, violations: [.init(sample: 1, harsher: "certified", milder: "pgd", context: "task one")])
    results.zeroGradients = [ZeroGradients(attack: "fgsm", norm: .linf, epsilon: epsilon, fraction: 0.1, n: 30)]
    results.brackets = [
      BracketRecord(
        task: "one", norm: .l2, attack: "pgd", certifiedRadius: [0.1, nil], attackDistance: [0.3, nil],
        images: ["x.png", "y.png"], soundness: "fp32")
    ]
    results.gallery = [
      GalleryItem(
        task: "one", trueClass: "a", original: "o.png", adversarial: "a.png", norm: .linf, epsilon: epsilon,
        attack: "fgsm", predictedClean: "a", predictedAdversarial: "b", onGrid: true)
    ]
    results.curves = [
      CurveRecord(
        task: "one", measure: "fgsm", norm: .linf,
        points: [.init(epsilon: .zero, counts: Tally(correct: 3, n: 3)), .init(epsilon: epsilon, accuracy: nil)])
    ]
    results.configuration = "seed: 0\n"
    results.environment = ["threads": "2"]
    var contrast = Results(name: "run", strategy: "fine-tuning", network: "", seed: 0, tasks: results.tasks)
    contrast.seconds.train = 9
    results.contrasts = [contrast]
    return results
  }

  @Test func roundTrip() throws {
    let results = try sample()
    let json = try results.json()
    let read = try Results(json: json)
    #expect(read == results)
    #expect(try read.json() == json, "equal results, equal bytes")
  }

  @Test func fieldsAreThoseOfTheContract() throws {
    let object = try JSONSerialization.jsonObject(with: sample().json())
    let top = try #require(object as? [String: Any])
    #expect(top["schema"] as? String == "steadfast.results/1")
    #expect(top["seed"] as? UInt64 == UInt64.max)
    let task = try #require((top["tasks"] as? [[String: Any]])?.first)
    #expect(Set(task.keys) == ["name", "classes", "trainImages", "testImages"])
    let accuracy = try #require(top["accuracy"] as? [[String: Any]])
    #expect(accuracy[0]["measure"] as? String == "clean")
    #expect(accuracy[0]["readout"] as? String == "taskAware")
    #expect(accuracy[0]["norm"] == nil && accuracy[0]["epsilon"] == nil, "clean accuracy has no norm")
    #expect((accuracy[0]["initial"] as? [Any])?.allSatisfy { $0 is NSNull } == true)
    #expect(accuracy[1]["norm"] as? String == "linf")
    #expect(accuracy[1]["epsilon"] as? String == "8/255")
    let matrix = try #require(accuracy[1]["matrix"] as? [[Any]])
    #expect(matrix[0][0] is NSNull, "an absent cell is null")
    #expect(matrix[1][0] as? Double == 0, "a measured 0 is 0")
    let counts = try #require(accuracy[0]["counts"] as? [String: Any])
    #expect(((counts["rows"] as? [[Any]])?[1][1] as? [Int]) == [4, 4])
    let metrics = try #require((top["metrics"] as? [[String: Any]])?.first)
    for field in ["averageAccuracy", "backwardTransfer", "forgetting", "learningAccuracy"] {
      #expect(metrics[field] is Double, "\(field)")
    }
    #expect(metrics["forwardTransfer"] is NSNull, "absent, and said so")
    let lipschitz = try #require((top["lipschitz"] as? [[String: Any]])?.first)
    #expect(lipschitz["task"] as? String == "one")
    #expect(lipschitz["upper"] as? Double == 12.5 && lipschitz["lower"] as? Double == 3)
    let blocks = try #require(lipschitz["blocks"] as? [[String: Any]])
    #expect(blocks[1]["name"] as? String == "b" && blocks[1]["upper"] as? Double == 2)
    #expect(blocks[0]["upper"] == nil, "no bound is absent, not a number")
    let ledger = try #require(lipschitz["ledger"] as? [String: Any])
    #expect(ledger["standing"] as? String == "changed" && ledger["changedStage"] as? String == "head")
    #expect(ledger["trunk"] as? Double == 10 && ledger["adapterFactor"] as? Double == 1.25 && ledger["chain"] == nil)
    let entries = try #require(ledger["entries"] as? [[String: Any]])
    #expect(entries[0]["trunk"] as? Double == 4 && entries[1]["trunk"] == nil)
    let certificate = try #require((top["certificates"] as? [[String: Any]])?.first)
    #expect(certificate["medianByNetwork"] as? Double == 0.125 && certificate["images"] as? Int == 3)
    #expect(certificate["methods"] as? [String: Int] == ["global Lipschitz bound": 1, "interval bounds": 1])
    let smoothed = try #require((top["smoothing"] as? [[String: Any]])?.first)
    #expect(smoothed["selectionSamples"] as? Int == 100 && smoothed["seed"] as? Int == 7)
    #expect(smoothed["soundness"] as? String == "probabilistic")
    let precision = try #require((top["precision"] as? [[String: Any]])?.first)
    #expect(precision["exact"] as? [Int] == [2, 3] && precision["reduced"] as? [Int] == [1, 3])
    #expect(precision["changed"] as? Int == 1 && precision["largestDifference"] as? Double == 0.25)
    let proof = try #require(top["nonForgetting"] as? [String: Any])
    #expect(proof["verified"] as? Bool == true && (proof["digests"] as? [String: String]) == ["trunk": "00ff"])
    let drift = try #require((top["drift"] as? [[String: Any]])?.first)
    #expect(drift["standing"] as? [Int] == [2, 3] && drift["proven"] as? [Int] == [1, 3])
    #expect(drift["medianBound"] as? Double == 0.5 && drift["largestBound"] == nil, "no bound is absent")
    let audit = try #require((top["audit"] as? [[String: String]])?.first)
    #expect(audit == ["check": "zero gradients", "verdict": "notApplicable", "detail": "none"])
    let parameters = try #require(top["parameters"] as? [String: Any])
    #expect(parameters["trunk"] as? Int == 100 && parameters["perTask"] as? [Int] == [7, 7])
    let efficiency = try #require(parameters["modelSizeEfficiency"] as? Double)
    #expect(abs(efficiency - (1 + 107.0 / 114) / 2) < 1e-12)
    #expect(top["memory"] as? [String: Int] == ["images": 5, "bytes": 320])
    #expect((top["contrasts"] as? [[String: Any]])?.first?["memory"] == nil, "absent where nothing is kept")
    let seconds = try #require(top["seconds"] as? [String: Double])
    #expect(seconds == ["train": 1.5, "attack": 0.1, "bounds": 3])
    let contrast = try #require((top["contrasts"] as? [[String: Any]])?.first)
    #expect(contrast["schema"] as? String == "steadfast.results/1")
    #expect((top["gallery"] as? [[String: Any]])?.first?["class"] as? String == "a")
  }

  @Test func aMemoryThatCannotBeIsRefused() throws {
    var results = try sample()
    results.memory = MemoryRecord(images: -1, bytes: 0)
    let json = try results.json()
    #expect(throws: ResultsError.self) { try Results(json: json) }
  }

  @Test func aMatrixRowIsOneLine() throws {
    let text = String(decoding: try sample().json(), as: UTF8.self)
    #expect(text.contains("[0.6666666666666666, 1]"))
    #expect(text.contains("\"certifiedRadius\": [0.1, null]"))
  }

  /// The least a file may hold, as the contract prints it, with a field of a later version.
  @Test func readsTheLeastAndPassesOverTheUnknown() throws {
    let results = try Results(
      json: Data(
        """
        {"schema": "steadfast.results/1", "seed": 3, "later": {"x": [1]},
         "tasks": [{"name": "t", "classes": ["a"], "trainImages": 1, "testImages": 1, "more": 0}],
         "accuracy": [{"measure": "clean", "readout": "taskAware", "initial": [], "matrix": [[0.5]]}],
         "metrics": [{"measure": "clean", "readout": "taskAware", "averageAccuracy": 0.5, "forwardTransfer": null}],
         "lipschitz": [{"task": "t", "upper": 2, "lower": 1, "blocks": [{"name": "b", "upper": 2}]}],
         "nonForgetting": {"verified": true, "digests": {}}, "audit": [],
         "parameters": {"trunk": 0, "perTask": [0]}, "seconds": {"train": 0, "attack": 0, "bounds": 0}}
        """.utf8))
    #expect(results.seed == 3)
    #expect(results.accuracy[0].initial == [nil])
    #expect(results.metrics[0].averageAccuracy == 0.5)
    #expect(results.metrics[0].forwardTransfer == nil)
    #expect(results.lipschitz[0].ledger == nil && results.certificates.isEmpty && results.smoothing.isEmpty)
    #expect(results.precision.isEmpty && results.precision.summary == nil)
  }

  @Test func precisionIsSummedUp() throws {
    let one = try sample().precision[0]
    #expect(one.relativeDifference == 0.03125)
    var other = one
    (other.task, other.exact, other.reduced) = ("two", Tally(correct: 4, n: 4), Tally(correct: 4, n: 4))
    (other.changed, other.largestDifference, other.largestLogit) = (0, 0, 0)
    let summary = try #require([one, other].summary)
    #expect(summary.images == 7 && summary.changed == 1)
    #expect(summary.exact == Tally(correct: 6, n: 7) && summary.reduced == Tally(correct: 5, n: 7))
    #expect(other.relativeDifference == nil, "nothing to be relative to")
  }

  @Test func certificatesAreCountedAgainstTheExactSize() throws {
    let results = try sample()
    let smoothed = results.smoothing[0]
    let (half, more) = try (Rational("1/2"), Rational("500001/1000000"))
    #expect(smoothed.abstentions == 1 && smoothed.certified(at: half) == Tally(correct: 1, n: 3))
    #expect(smoothed.certified(at: more) == Tally(correct: 0, n: 3))
    // Half of two images reach the larger radius, two of three the middle one; a radius without end is absent.
    func record(_ radii: [Double?]) -> CertificateRecord {
      CertificateRecord(
        task: "t", norm: .l2, network: radii, best: radii.map { $0.map { ($0, "m") } }, soundness: "s")
    }
    #expect(record([0.5, 0.25]).median == 0.5 && record([nil, 0.25, 1]).median == 0.25 && record([]).median == nil)
    #expect(record([.infinity]).median == nil && record([.infinity]).methods == ["m": 1])
    #expect(results.lipschitz.standing == Tally(correct: 0, n: 1) && [LipschitzRecord]().standing == nil)
  }

  @Test func equalityMayIgnoreSeconds() throws {
    let one = try sample()
    var other = one
    other.seconds.train = 100
    other.contrasts[0].seconds.attack = 7
    #expect(one != other)
    #expect(one.equalsIgnoringSeconds(other))
    other.contrasts[0].seed = 1
    #expect(!one.equalsIgnoringSeconds(other))
  }

  @Test func anotherSchemaIsRefused() throws {
    let other = String(decoding: try sample().json(), as: UTF8.self).replacing("results/1", with: "results/2")
    #expect(throws: ResultsError.unknownSchema(file: "f.json", found: "steadfast.results/2")) {
      try Results(json: Data(other.utf8), file: "f.json")
    }
    #expect(throws: ResultsError.unknownSchema(file: nil, found: nil)) { try Results(json: Data("{}".utf8)) }
  }

  @Test(arguments: [
    ("\"seed\": 18446744073709551615", "\"seed\": \"0\"", "seed"),
    ("\"seed\": 18446744073709551615", "\"s\": 1", "seed"),
    ("[0.6666666666666666, 1]", "[0.6666666666666666]", "accuracy[0].matrix"),
    ("[0.6666666666666666, 1]", "[1.5, 1]", "accuracy[0].matrix"),
    ("[0.6666666666666666, 1]", "[0.5, 1]", "accuracy[0].counts"),
    ("[4, 4]", "[5, 4]", "accuracy[0].counts.rows[1]"),
    ("[4, 4]", "[-9223372036854775808, 4]", "accuracy[0].counts.rows[1]"),
    ("\"8/255\"", "\"8/0\"", "accuracy[1].epsilon"),
    ("\"linf\"", "\"l7\"", "accuracy[1].norm"),
    ("\"certifiedRadius\": [0.1, null]", "\"certifiedRadius\": [0.1]", "brackets"),
    ("\"trunk\": 100", "\"trunk\": 9223372036854775807", "parameters"),
    ("\"fraction\": 0.1", "\"fraction\": 7", "zeroGradients"),
    ("\"branchShare\": 0.25", "\"branchShare\": 1.25", "lipschitz"),
    ("\"adapterFactor\": 1.25", "\"adapterFactor\": -1", "lipschitz"),
    ("\"standing\": \"changed\"", "\"standing\": \"stands\"", "lipschitz"),
    ("\"standing\": \"changed\"", "\"standing\": \"maybe\"", "lipschitz[0].ledger.standing"),
    ("\"interval bounds\": 1", "\"interval bounds\": 3", "certificates"),
    ("\"alpha\": 0.001", "\"alpha\": 0", "smoothing"),
    ("\"radius\": [0.5, 0.25, null]", "\"radius\": [null, 0.25, null]", "smoothing"),
    ("\"radius\": [0.5, 0.25, null]", "\"radius\": [0.5, null]", "smoothing"),
    ("\"probability\": [0.75, ", "\"probability\": [1.75, ", "smoothing"),
    ("\"changed\": 1", "\"changed\": 0", "precision"),
    ("\"changed\": 1", "\"changed\": 4", "precision"),
    ("\"largestLogit\": 8", "\"largestLogit\": -8", "precision"),
  ])
  func contradictionsAreNamed(from: String, to: String, path: String) throws {
    let text = String(decoding: try sample().json(), as: UTF8.self)
    #expect(text.contains(from))
    let broken = Data(text.replacing(from, with: to).utf8)
    do {
      _ = try Results(json: broken, file: "results.json")
      Issue.record("accepted \(to)")
    } catch ResultsError.malformed(let file, let found, _) {
      #expect(file == "results.json")
      #expect(found.hasPrefix(path), "\(found)")
    }
  }

  @Test func truncatedAndHostileFilesAreTypedErrors() throws {
    let json = try sample().json()
    for length in stride(from: 0, to: json.count - 2, by: 97) {
      #expect(throws: ResultsError.self, "\(length) bytes") { try Results(json: json.prefix(length)) }
    }
    for seed in 0..<200 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      var bytes = [UInt8](json)
      for _ in 0..<3 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
      // Either it still reads or it is a typed error; anything else would not be a ResultsError.
      do { _ = try Results(json: Data(bytes)) } catch is ResultsError {}
    }
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: ResultsError.self) { try Results(json: Data(deep.utf8)) }
  }

  @Test func contrastsOfContrastsAreLimited() throws {
    var nested = try sample()
    nested.contrasts = []
    for _ in 0..<20 {
      var outer = nested
      outer.contrasts = [nested]
      nested = outer
    }
    let json = try nested.json()
    #expect(throws: ResultsError.self) { try Results(json: json) }
  }

  @Test func notFiniteIsRefusedByName() throws {
    var results = try sample()
    results.seconds.train = .nan
    #expect(throws: ResultsError.notFinite(path: "seconds.train")) { try results.json() }
  }

  @Test func readsFromAFileAndNamesIt() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "results-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: "results.json")
    let results = try sample()
    try results.json().write(to: url)
    #expect(try Results(contentsOf: url) == results)
    for missing in [folder.appending(path: "none.json"), folder] {
      do {
        _ = try Results(contentsOf: missing)
        Issue.record("read \(missing)")
      } catch ResultsError.unreadable(let file, _) {
        #expect(file == missing.path)
      }
    }
  }

  @Test func bracketsKnowTheirViolations() {
    let bracket = BracketRecord(
      task: "t", norm: .l2, attack: "pgd", certifiedRadius: [0.1, 0.5, nil, 0.2], attackDistance: [0.2, 0.4, 0.1, nil])
    #expect(bracket.violations == [1])
    #expect(bracket.certified(at: 0.2) == Tally(correct: 2, n: 4))
    #expect(bracket.certified(at: 0) == Tally(correct: 3, n: 4))
  }
}
