import Foundation
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Lipschitz

/// Certificates as files: what is written reads back, and whatever else is in a file is refused by name.
@TorchActor @Suite struct CertificateFileTests {
  private func file() throws -> CertificateFile {
    CertificateFile(networks: [
      try Proof(mixedNetwork(seed: 1), seed: 1).claim, try Proof(mixedNetwork(seed: 2), seed: 2).claim,
    ])
  }

  private func temporary() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent("certificate-\(UUID().uuidString).json")
  }

  @Test func whatIsWrittenReadsBack() throws {
    let certificate = try file()
    let url = temporary()
    defer { try? FileManager.default.removeItem(at: url) }
    try certificate.write(to: url)
    let read = try CertificateFile(contentsOf: url)
    #expect(read == certificate && read.schema == "steadfast.certificate/1")
    #expect(try read.json() == certificate.json())
    // What was read is confirmed too: no digit is lost.
    let proof = try Proof(mixedNetwork(seed: 2), seed: 2)
    #expect(try proof.check(read.networks[1]).isConfirmed)
    #expect(throws: (any Error).self) { try certificate.write(to: url.appendingPathComponent("below")) }
  }

  /// Every truncation is an error of the file, not a smaller certificate and not a crash.
  @Test func truncatedFilesAreRefused() throws {
    let json = try file().json()
    let stream = RandomStream(seed: 3)
    for draw in 0..<60 as Range<UInt64> {
      let length = stream.integer(below: json.count - 2, at: draw)
      #expect(throws: ResultsError.self, "seed 3, draw \(draw): \(length) bytes") {
        try CertificateFile(json: json.prefix(length), file: "f")
      }
    }
  }

  /// Random bytes changed: an error by name, or a certificate whose numbers are all in range.
  @Test func damagedFilesAreReadOrRefused() throws {
    let json = try file().json()
    let stream = RandomStream(seed: 4)
    for draw in 0..<200 as Range<UInt64> {
      var damaged = json
      for place in 0..<3 as Range<UInt64> {
        damaged[stream.integer(below: json.count, at: 6 * draw + place)] = UInt8(
          stream.integer(below: 256, at: 6 * draw + 3 + place))
      }
      do {
        let read = try CertificateFile(json: damaged, file: "f")
        #expect(read.networks.flatMap(\.body.flattened).allSatisfy { $0.upper >= 0 && $0.upper.isFinite })
      } catch let error as ResultsError {
        #expect(error.description.hasPrefix("f:"), "draw \(draw): \(error)")
      }
    }
  }

  @Test func hostileContentIsNamed() throws {
    let text = String(decoding: try file().json(), as: UTF8.self)
    func error(_ old: String, _ new: String) throws -> String {
      let range = try #require(text.range(of: old, options: .regularExpression), "\(old)")
      do {
        _ = try CertificateFile(json: Data(text.replacingCharacters(in: range, with: new).utf8), file: "claims.json")
        return "accepted"
      } catch { return (error as? ResultsError)?.description ?? "another error: \(error)" }
    }
    let cases: [(String, String, String)] = [
      (#""featureUpper": [0-9.e+-]+"#, #""featureUpper": -1"#, "featureUpper"),
      (#""featureUpper": [0-9.e+-]+"#, #""featureUpper": 1e999"#, "claims.json"),
      (#""featureUpper": [0-9.e+-]+"#, #""featureUpper": "1""#, "featureUpper"),
      (#""featureUpper": [0-9.e+-]+"#, #""featureUpper": NaN"#, "not valid JSON"),
      (#""featureUpper": [0-9.e+-]+,"#, "", "featureUpper"),
      (#""upper": [0-9.e+-]+"#, #""upper": -0.5"#, "body[0].upper"),
      (#""radiusL2": [0-9.e+-]+"#, #""radiusL2": -1e-300"#, "radiusL2"),
      (#""lower": [0-9.e+-]+"#, #""lower": -3"#, "witness.lower"),
      (#""iterations": [0-9]+"#, #""iterations": 1000000000"#, "witness.iterations"),
      (#""digest": "[0-9a-f]+""#, #""digest": "../..""#, "digest"),
      (#""inputShape": \[[^\]]*\]"#, #""inputShape": [3, -1, 5]"#, "inputShape"),
      (#""inputShape": \[[^\]]*\]"#, #""inputShape": [9223372036854775807, 2, 2]"#, "inputShape"),
      (#""basis": "[^"]*""#, #""basis": "faith""#, "basis"),
      (#""name": "spectrum""#, #""name": "revelation""#, "revelation"),
      (#"steadfast.certificate/1"#, "steadfast.certificate/2", "schema"),
    ]
    for (old, new, name) in cases {
      let message = try error(old, new)
      #expect(message.hasPrefix("claims.json:") && message.contains(name), "\(new): \(message)")
    }
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: ResultsError.self) { try CertificateFile(json: Data(deep.utf8)) }
    #expect(throws: ResultsError.self) { try CertificateFile(contentsOf: temporary()) }
  }

  /// Claims that no honest maker would write cost the check no memory or time.
  @Test func absurdWaysAreRefused() throws {
    let network = try residualNetwork(width: 6, depth: 1, input: [3, 12, 12], seed: 1)
    let claim = try NetworkClaim(name: "", network, bound: network.lipschitzBound())
    let text = String(decoding: try CertificateFile(networks: [claim]).json(), as: UTF8.self)
    for points in ["[12, 12]", "[1048576, 1048576]", "[0, 14]", "[14]", "[]", "[-3, 5]", "[9223372036854775807, 1]"] {
      let range = try #require(text.range(of: #""points": \[[^\]]*\]"#, options: .regularExpression))
      let lie = try CertificateFile(
        json: Data(text.replacingCharacters(in: range, with: "\"points\": \(points)").utf8))
      let refusals = try ProofChecker(iterations: 2).check(lie.networks[0], of: network).refusals
      #expect(refusals.map(\.place) == ["conv1"] && refusals[0].quantity == "norm", "\(points): \(refusals)")
    }
  }
}
