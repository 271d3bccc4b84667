import Foundation
import Steadfast
import Testing

/// The README's library example, and the proof that it compiles, runs and is the one the README shows.
@Suite struct ReadmeExampleTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  // README example begins
  @TorchActor func forgettingUnderAttack(_ images: URL, _ run: URL) throws -> (forgetting: Double?, certified: Double?)
  {
    var experiment = Configuration()
    experiment.data.folder = images.path
    experiment.network.norm = .none
    experiment.network.branchBudget = 0.5  // keeps every layer's true operator norm small
    experiment.training.trunkEpochs = 1
    experiment.training.epochs = 1
    experiment.evaluation.attacks = [.init(name: .pgd, norm: .l2, epsilons: [try Rational("1/10")])]
    experiment.evaluation.certify = [try Rational("1/10")]
    let results = try Experiment.train(experiment, in: run)
    let attacked = MeasureKey(measure: "pgd", norm: .l2, epsilon: try Rational("1/10"), readout: .taskAware)
    let certified = MeasureKey(measure: "certified", norm: .l2, epsilon: try Rational("1/10"), readout: .taskAware)
    return (results.metrics(of: attacked)?.forgetting, results.metrics(of: certified)?.averageAccuracy)
  }
  // README example ends

  @Test func theExampleRuns() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "steadfast-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let images = folder.appending(path: "images")
    for label in 0..<4 {
      for index in 0..<20 {
        let place = images.appending(path: "class-\(label)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let noise = RandomStream(seed: 5).stream(label).stream(index)
        let pixels = (0..<64).map { UInt8(60 * label + noise.integer(below: 40, at: UInt64($0))) }
        try PNG.write(
          Image(width: 8, height: 8, channels: 1, pixels: pixels), to: place.appending(path: "\(index).png"))
      }
    }
    let answer = try await TorchActor.run { try forgettingUnderAttack(images, folder.appending(path: "run")) }
    #expect(answer.forgetting == 0)
    #expect(answer.certified != nil)
  }

  @Test func theReadmeShowsThisExample() throws {
    let source = try String(contentsOfFile: #filePath, encoding: .utf8)
    let body = try #require(source.components(separatedBy: "// README example begins\n").dropFirst().first)
      .components(separatedBy: "  // README example ends")[0]
    let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
    let unindented = body.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("  ") ? String($0.dropFirst(2)) : String($0) }.joined(separator: "\n")
    #expect(readme.contains(unindented.trimmingCharacters(in: .newlines)))
  }
}
