import ArgumentParser
import Foundation
import Steadfast

/// What every command can be told about its output, and the one way in which commands run.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object on standard output, and nothing else there.")
  var json = false

  /// Runs a command: its result goes to standard output, its error to standard error and into the exit status.
  ///
  /// - Parameter body: gives what the command found; it is printed as JSON or as text.
  func perform<Result: CommandResult>(_ body: (Console) async throws -> Result) async throws {
    let console = Console()
    do {
      let result = try await body(console)
      console.finish()
      print(json ? try JSONText.encode(result) : result.text)
      for failure in result.failures { console.fail(failure) }
      if let status = result.status { throw ExitCode(status.rawValue) }
    } catch let error as ExitCode {
      throw error
    } catch let error as ValidationError {
      throw error
    } catch {
      console.finish()
      let status = ExitStatus(error)
      console.fail("\(error)")
      if json { print(try JSONText.encode(Failure(message: "\(error)", exitStatus: status.rawValue))) }
      throw ExitCode(status.rawValue)
    }
  }
}

/// What a command found: for programs and for people.
protocol CommandResult: Encodable, Sendable {
  /// For people, without the last line break.
  var text: String { get }
  /// Checks that failed, in words: for standard error.
  var failures: [String] { get }
  /// A failed check; nil where all is well.
  var status: ExitStatus? { get }
}

extension CommandResult {
  var failures: [String] { [] }
  var status: ExitStatus? { failures.isEmpty ? nil : .checkFailed }
}

/// What takes the result's place in JSON when a command fails.
private struct Failure: Encodable {
  let schema = "steadfast.error/1"
  let message: String
  let exitStatus: Int32
}

/// JSON for programs: sorted keys, so that equal results are equal texts.
enum JSONText {
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
