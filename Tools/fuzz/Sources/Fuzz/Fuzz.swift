import Foundation
import LibFuzzer
import RandomStreams

/// The reader under test: the environment's STEADFAST_FUZZ.
private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["STEADFAST_FUZZ"] ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    say("STEADFAST_FUZZ=\(name) names no reader; there are: \(names)")
    exit(64)
  }
  return target
}()

@main enum Fuzz {
  static func main() {
    // Before libFuzzer starts, which takes an exit for a finding.
    _ = target
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    exit(LLVMFuzzerRunDriver(&count, &arguments) { testOneInput($0, $1) })
  }
}

/// One input. A broken promise ends the process, upon which libFuzzer keeps the input.
private func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  do {
    switch try target.run(Array(UnsafeBufferPointer(start: data, count: size))) {
    case .accepted: fuzz_signal(0)
    case .refused(let reason): fuzz_signal(kind(of: reason))
    }
  } catch {
    say("\(target): \(error)")
    abort()
  }
  return 0
}

/// A change to an input, in place; returns the new size. libFuzzer finds this function by its name.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: UInt32) -> Int {
  let scramble: FuzzMutation.Scramble = { bytes, limit in
    let limit = max(limit, bytes.count, 1)
    return Array(unsafeUninitializedCapacity: limit) { buffer, count in
      _ = buffer.update(fromContentsOf: bytes)
      count = buffer.baseAddress.map { LLVMFuzzerMutate($0, bytes.count, limit) } ?? 0
    }
  }
  var mutation = FuzzMutation(
    target: target, scramble: scramble, limit: maximum, random: RandomStream(seed: UInt64(seed)).generator)
  let changed = mutation(Array(UnsafeBufferPointer(start: data, count: size))).prefix(maximum)
  _ = UnsafeMutableBufferPointer(start: data, count: maximum).update(fromContentsOf: changed)
  return changed.count
}

/// A number for a reason, the same for all values and names in it.
private func kind(of reason: String) -> UInt32 {
  var hash: UInt32 = 2_166_136_261
  var isQuoted = false
  for byte in reason.utf8 {
    if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
    if isQuoted || (0x30...0x39).contains(byte) { continue }
    hash = (hash ^ UInt32(byte)) &* 16_777_619
  }
  return hash ^ hash >> 15
}

private func say(_ message: String) { FileHandle.standardError.write(Data((message + "\n").utf8)) }
