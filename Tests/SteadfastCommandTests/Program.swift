import Foundation
import Testing

/// The built program, run as a user runs it.
struct Program {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String

    /// Standard output as one JSON object.
    func object() throws -> [String: Any] {
      try #require(JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(output)")
    }
  }

  /// Products lie beside the test bundle.
  private static let executable: URL? = {
    let bundles = Bundle.allBundles.map(\.bundleURL) + CommandLine.arguments.map { URL(fileURLWithPath: $0) }
    let folders = bundles.map { $0.deletingLastPathComponent() } + bundles
    return folders.map { $0.appendingPathComponent("steadfast") }.first {
      FileManager.default.isExecutableFile(atPath: $0.path)
    }
  }()

  static func run(
    _ arguments: String..., in folder: URL? = nil, environment: [String: String] = [:], largestFile: Int? = nil
  ) async throws -> Outcome {
    try await run(arguments, in: folder, environment: environment, largestFile: largestFile)
  }

  /// - Parameters:
  ///   - environment: variables in addition to the test's own.
  ///   - largestFile: bytes, a multiple of 512, that no file may outgrow (RLIMIT_FSIZE): what a full disk does, without one.
  static func run(
    _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:], largestFile: Int? = nil
  ) async throws -> Outcome {
    let process = Process()
    let program = try #require(executable, "the program is not beside the tests")
    if let largestFile {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "ulimit -f \(largestFile / 512); exec \"$0\" \"$@\"", program.path] + arguments
    } else {
      process.executableURL = program
      process.arguments = arguments
    }
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Both at once: a full pipe that nobody reads would stop the program.
    let errorHandle = errors.fileHandleForReading
    async let errorBytes = Task.detached { try errorHandle.readToEnd() ?? Data() }.value
    let outputBytes = try output.fileHandleForReading.readToEnd() ?? Data()
    let errorText = String(decoding: try await errorBytes, as: UTF8.self)
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: outputBytes, as: UTF8.self), errors: errorText)
  }
}

/// A fresh folder, removed with everything in it after the body.
func withTemporaryFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(folder)
}
