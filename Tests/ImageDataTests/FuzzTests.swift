import Foundation
import RandomStreams
import Testing

/// Inputs that coverage-guided fuzzing kept (`Tools/fuzz/run`), and random changes of them.
@Suite struct FuzzTests {
  @Test(arguments: FuzzTarget.allCases)
  func theCorpusBreaksNoPromise(target: FuzzTarget) throws {
    var counts = (accepted: 0, refused: 0)
    for file in try Self.corpus(target) {
      do {
        switch try target.run([UInt8](Data(contentsOf: file))) {
        case .accepted: counts.accepted += 1
        case .refused: counts.refused += 1
        }
      } catch {
        Issue.record("\(target) \(file.lastPathComponent): \(error)")
      }
    }
    #expect(counts.accepted > 0 && counts.refused > 0, "\(target): \(counts)")
  }

  @Test(arguments: FuzzTarget.allCases)
  func randomChangesBreakNoPromise(target: FuzzTarget) throws {
    let inputs = try Self.corpus(target).map { [UInt8](try Data(contentsOf: $0)) }
    var accepted = 0
    let count = 3000
    for seed in UInt64(0)..<UInt64(count) {
      let stream = RandomStream(seed: seed).stream(target.rawValue)
      var mutation = FuzzMutation(
        target: target, scramble: { scrambled($0, limit: $1, stream) }, limit: 4096,
        random: stream.stream("structure").generator)
      do {
        if case .accepted = try target.run(mutation(inputs[stream.integer(below: inputs.count, at: 0)])) {
          accepted += 1
        }
      } catch {
        Issue.record("\(target), seed \(seed): \(error)")
      }
    }
    #expect(accepted > count / 100 && accepted < count, "\(target): \(accepted) of \(count) were accepted")
  }

  @Test func everyReaderHasACorpusAndNoOther() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.corpora.path)
    #expect(Set(folders) == Set(FuzzTarget.allCases.map(\.rawValue)))
  }

  @Test func errorsAfterAcceptanceAreFindings() {
    #expect(throws: FuzzFinding.self) { try accepted("this") { throw Unexpected(text: "that") } }
    #expect(throws: FuzzFinding.self) { try promise(false, "broken") }
  }

  private static let corpora = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Tools/fuzz/corpus").standardizedFileURL

  private static func corpus(_ target: FuzzTarget) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: corpora.appendingPathComponent(target.rawValue), includingPropertiesForKeys: nil
    ).sorted { $0.path < $1.path }
  }
}

/// The bytes with one to four changes: a byte replaced or inserted, a stretch removed or repeated. The same bytes are
/// always changed alike within a stream.
private func scrambled(_ bytes: [UInt8], limit: Int, _ stream: RandomStream) -> [UInt8] {
  var random = stream.stream(Int(FuzzTarget.fingerprint(of: bytes))).generator
  var result = bytes
  for _ in 0..<Int.random(in: 1...4, using: &random) {
    let start = Int.random(in: 0...result.count, using: &random)
    let end = Int.random(in: start...min(result.count, start + 16), using: &random)
    let byte = UInt8.random(in: 0...255, using: &random)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: result.insert(byte, at: start)
    case 1: result.removeSubrange(start..<end)
    case 2: result.insert(contentsOf: result[start..<end], at: start)
    case 3 where start < result.count: result[start] ^= 1 << (byte & 7)
    default: if start < result.count { result[start] = byte }
    }
  }
  return Array(result.prefix(limit))
}
