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
    try await performOnRanks { console, ranks -> Result? in
      guard ranks.size == 1 else {
        throw CommandError(.usage, "this command works in one process: start it without mpirun or srun")
      }
      return try await body(console)
    }
  }

  /// Runs a command that several processes can share; rank 0 says what was found.
  ///
  /// - Parameter body: run on every rank; nil on ranks that only helped.
  func performOnRanks<Result: CommandResult>(
    _ body: (Console, Communicator) async throws -> Result?
  ) async throws {
    var (console, ranks) = (Console(), Communicator.single)
    let (result, text): (Result?, String?)
    do {
      ranks = try Communicator.launched()
      if !ranks.isFirst { console = Console(isSilent: true) }
      result = try await body(console, ranks)
      text = try result.map { json ? try JSONText.encode($0) : $0.text }
      try ranks.finish()
    } catch let error as ExitCode where ranks.size == 1 {
      throw error
    } catch let error as ValidationError where ranks.size == 1 {
      throw error
    } catch {
      throw try await failed(error, console, ranks)
    }
    guard ranks.isFirst, let result, let text else { return }
    console.finish()
    print(text)
    for failure in result.failures { console.fail(failure) }
    if let status = result.status { throw ExitCode(status.rawValue) }
  }

  /// Says what went wrong. Where there are other ranks, they end with this one.
  private func failed(_ error: any Error, _ console: Console, _ ranks: Communicator) async throws -> ExitCode {
    let status = ExitStatus(error)
    // What befalls every rank alike is said once: rank 0 comes first, and ends the others.
    if !ranks.isFirst { try await Task.sleep(for: .seconds(1)) }
    console.finish()
    console.fail(ranks.isFirst ? "\(error)" : "rank \(ranks.rank) of \(ranks.size): \(error)")
    if json, ranks.isFirst {
      print(try JSONText.encode(Failure(message: "\(error)", exitStatus: status.rawValue)))
    }
    if ranks.size > 1 { ranks.abort("", status: status.rawValue) }
    return ExitCode(status.rawValue)
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
    String(decoding: try JSONEncoder.canonical(pretty: true).encode(value), as: UTF8.self)
  }
}
