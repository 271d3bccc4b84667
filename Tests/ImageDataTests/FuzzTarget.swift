import CZlib
import RandomStreams
import TensorFiles

@testable import ImageData

/// A reader of files, to be fed with bytes that nobody vouches for. The tests feed it with some thousands of inputs;
/// `Tools/fuzz/run` compiles the same file and feeds it with millions.
enum FuzzTarget: String, CaseIterable, Sendable {
  case png, npy, npz, safetensors, idx, csv

  /// What a reader made of an input.
  enum Outcome {
    case accepted
    /// Refused with its own kind of error, for this reason.
    case refused(String)
  }

  /// What the readers call the input in their errors.
  static let path = "input"

  /// Feeds the reader, and holds it to what it promises: a typed error that names the input, or content that fits its
  /// own sizes and survives being written and read again.
  /// - Throws: ``FuzzFinding`` where it breaks a promise.
  func run(_ input: [UInt8]) throws -> Outcome {
    do {
      switch self {
      case .png: try Self.readPNG(input)
      case .npy: try Self.readNPY(input)
      case .npz: try Self.readNPZ(input)
      case .safetensors: try Self.readSafetensors(input)
      case .idx: try Self.readIDX(input)
      case .csv: try Self.readCSV(input)
      }
      return .accepted
    } catch let error as TensorFileError {
      return try Self.refused(error.reason, path: error.path, isFitting: error.code != .io, error)
    } catch let error as DataError {
      return try Self.refused(error.reason, path: error.path, isFitting: error.code == .badData, error)
    } catch let finding as FuzzFinding {
      throw finding
    } catch {
      throw FuzzFinding(description: "an error of no known type: \(error)")
    }
  }

  private static func refused(_ reason: String, path: String, isFitting: Bool, _ error: any Error) throws -> Outcome {
    try promise(isFitting && path == self.path && !reason.isEmpty, "an error of another kind or file: \(error)")
    return .refused(reason)
  }

  /// Random choices that belong to an input: the same bytes are always read with the same options.
  static func options(for input: [UInt8]) -> StreamGenerator {
    RandomStream(seed: UInt64(fingerprint(of: input))).generator
  }

  static func fingerprint(of bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
  }
}

/// A promise that a reader broke.
struct FuzzFinding: Error, CustomStringConvertible {
  let description: String
}

/// - Throws: ``FuzzFinding`` unless the promise holds.
func promise(_ holds: Bool, _ finding: @autoclosure () -> String) throws {
  guard holds else { throw FuzzFinding(description: finding()) }
}

/// Runs what may not fail any more, since the input was accepted.
/// - Throws: ``FuzzFinding`` for every error.
func accepted<Result>(_ step: String, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let finding as FuzzFinding {
    throw finding
  } catch {
    throw FuzzFinding(description: "\(step) fails after the input was accepted: \(error)")
  }
}
