import Foundation
import Lipschitz
import ResidualNets
import Results
import Robustness
import TensorFiles
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct VerifyTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  /// Every file of the newest checkpoint in turn: one bit of one tensor, and `verify` names that tensor.
  @Test func oneChangedByteIsNamed() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url), in: folder)
    let newest = try #require(CheckpointStore(root: folder.appending(path: "checkpoints")).entries().last)
    for (file, tensor) in [
      ("trunk", "layer2.0.conv1.weight"), ("task-001", "head.bias"),
      ("task-002", "adapter.layer1.0.conv2.adapter.weight"),
      ("task-001", "adapter.bn.running_mean"), ("logits", "task-001"),
    ] {
      let url = newest.url.appending(path: file + ".safetensors")
      let stored = try Data(contentsOf: url)
      let offset = try #require(SafetensorsLayout(stored).range(of: tensor)).lowerBound
      var damaged = stored
      damaged[offset] ^= 1
      // A new file: the old one may be a hard link that other checkpoints share.
      try FileManager.default.removeItem(at: url)
      try damaged.write(to: url)
      let verification = try Experiment.verify(folder)
      #expect(!verification.passed)
      #expect(verification.firstDifference?.contains("\(file)/\(tensor)") == true, "\(verification)")
      try stored.write(to: url)
    }
    #expect(try Experiment.verify(folder).passed)
  }

  @Test func whatIsMissingFails() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url), in: folder)
    let checkpoints = folder.appending(path: "checkpoints")
    let aside = runs.url.appending(path: "aside")
    for lesson in ["lesson-001", "lesson-002"] {
      try FileManager.default.moveItem(at: checkpoints.appending(path: lesson), to: aside)
      #expect(try !Experiment.verify(folder).passed, "without \(lesson)")
      try FileManager.default.moveItem(at: aside, to: checkpoints.appending(path: lesson))
    }
    #expect(try Experiment.verify(folder).passed)
    // A network that was exported for others to open is part of what is verified.
    let network = folder.appending(path: "networks/task-001.safetensors")
    var bytes = try Data(contentsOf: network)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: network)
    #expect(try Experiment.verify(folder).firstDifference?.contains("networks/task-001") == true)
  }

  /// A run without results, stopped on the way, is verified by what its checkpoints recorded.
  @Test func anUnfinishedRunIsVerified() throws {
    let folder = runs.url.appending(path: "run")
    let interruption = Interruption()
    #expect(throws: RunError.self) {
      try Experiment.train(
        .tiny(data.url), in: folder,
        options: RunOptions(
          observer: InterruptingObserver("learn task 2", after: 1, interruption), interruption: interruption))
    }
    #expect(try Experiment.verify(folder).passed)
  }

  /// Results never say "verified" of tensors that are not what was recorded.
  @Test func aDamagedRunIsNotEvaluated() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url), in: folder)
    for entry in CheckpointStore(root: folder.appending(path: "checkpoints")).entries() {
      let url = entry.url.appending(path: "trunk.safetensors")
      var bytes = try Data(contentsOf: url)
      bytes[bytes.count - 1] ^= 1
      try FileManager.default.removeItem(at: url)
      try bytes.write(to: url)
    }
    #expect(throws: RunError.self) { try Experiment.evaluate(folder) }
    #expect(throws: RunError.self) {
      try Experiment.train(.tiny(data.url), in: folder, options: RunOptions(resume: true))
    }
  }

  @Test func aCheckpointCutInHalfFails() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url), in: folder)
    let newest = try #require(CheckpointStore(root: folder.appending(path: "checkpoints")).entries().last)
    let url = newest.url.appending(path: "trunk.safetensors")
    let stored = try Data(contentsOf: url)
    try stored.prefix(stored.count / 2).write(to: url)
    let verification = try Experiment.verify(folder)
    #expect(verification.firstDifference?.contains("trunk.safetensors") == true, "\(verification)")
  }

  /// certified ≤ PGD ≤ clean on every image; and the very check that says so catches a bound halved on purpose.
  @Test func aHalvedBoundIsCaught() throws {
    // A linear classifier: its certified radius is the exact distance, so half the bound must fail.
    let weight = try Tensor.normal([2, 16], .init(seed: 3).stream("w"))
    let network = DeployedNetwork(
      inputShape: [1, 4, 4], body: [Stage("flatten", .flatten)], headWeight: weight, headBias: try Tensor.zeros([2]))
    let pixels = try Tensor.uniform([200, 1, 4, 4], .init(seed: 3).stream("x")) * 0.2 + 0.4
    let labels = try withoutGradients { try network.logits(pixels).argmax(1).integers() }
    let epsilon = try Rational("1/20")

    func check(_ bound: NetworkBound, _ norm: PerturbationNorm) throws -> ConsistencyCheck {
      let attacked = try PGD(steps: 10).perturb(
        network, pixels: pixels, labels: labels, within: PerturbationBall(norm, epsilon),
        streams: labels.indices.map { .init(seed: 3).stream($0) })
      let certificates = ImageCertificates(
        certificates: LocalCertificates(try certify(network, bound: bound, pixels: pixels, labels: labels)),
        isLocal: false)
      return try ConsistencyCheck(
        clean: labels.map { _ in true }, attacks: [SampleOutcomes("pgd", attacked.success.map { !$0 })],
        certified: certificates.isCertified(at: epsilon, norm: norm))
    }
    let bound = try network.lipschitzBound()
    #expect(try check(bound, .l2).holds)
    #expect(try !check(bound.scaled(by: 0.5), .l2).holds)
    // In L∞ the radius is the one in L2 over √16, which is within a factor of two of the truth of a normal vector.
    #expect(try check(bound, .linf).holds)
    #expect(try !check(bound.scaled(by: 0.25), .linf).holds)
  }
}

/// Where tensors lie in a safetensors file, read independently of the room under test.
struct SafetensorsLayout {
  private let header: [String: Any]
  private let start: Int

  init(_ data: Data) throws {
    let length = data.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    start = 8 + length
    header = try #require(JSONSerialization.jsonObject(with: data[8..<start]) as? [String: Any])
  }

  func range(of tensor: String) -> Range<Int>? {
    guard let entry = header[tensor] as? [String: Any], let offsets = entry["data_offsets"] as? [Int] else {
      return nil
    }
    return start + offsets[0]..<start + offsets[1]
  }
}
