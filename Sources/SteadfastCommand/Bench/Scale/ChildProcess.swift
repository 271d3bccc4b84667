import Foundation

/// Another program, of which the system says at its end how much memory it had resident at most.
struct ChildProcess {
  private let command: [String]

  /// - Parameter command: a program's path and its arguments.
  init(_ command: [String]) { self.command = command }

  /// A program that the shell would find.
  static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Runs it to its end, without input and output.
  /// - Parameter url: where its standard error goes.
  /// - Returns: its exit status, or 128 and the signal that ended it; the largest resident size, in bytes, of it and of
  ///   those it started, each for itself; the end of what it wrote to standard error.
  /// - Throws: ``CommandError`` where it cannot be started.
  func run(standardErrorIn url: URL) throws -> (status: Int32, peakMemory: Int, errors: String) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, url.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    // Containers run as root, which mpirun otherwise refuses.
    let allowed = ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
    let variables = ProcessInfo.processInfo.environment.merging(allowed) { $1 }.map { "\($0.key)=\($0.value)" }
    let (arguments, environment) = (Self.pointers(command), Self.pointers(variables))
    defer { for pointer in arguments + environment { free(pointer) } }
    var child = pid_t()
    let failure = posix_spawn(&child, command[0], &actions, nil, arguments, environment)
    guard failure == 0 else { throw CommandError(.io, "\(command[0]): \(String(cString: strerror(failure)))") }

    var (status, usage) = (Int32(0), rusage())
    while wait4(child, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw CommandError(.io, "\(command[0]): \(String(cString: strerror(errno)))") }
    }
    let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
    // Kibibytes on Linux, bytes on Apple's systems.
    #if os(Linux)
      let unit = 1024
    #else
      let unit = 1
    #endif
    let signal = status & 0x7F
    return (signal == 0 ? status >> 8 & 0xFF : 128 + signal, Int(usage.ru_maxrss) * unit, String(text.suffix(2000)))
  }

  private static func pointers(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] { texts.map { strdup($0) } + [nil] }
}
