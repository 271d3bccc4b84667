import Foundation

/// Lays compact JSON out for people: objects spread over lines, short arrays and arrays of plain values on one line.
enum JSONLayout {
  /// An array that holds arrays stays on one line up to this many bytes.
  private static let inlineLimit = 100

  /// - Parameter compact: valid JSON without white space between tokens, as an encoder writes it.
  static func indented(_ compact: Data) -> Data {
    let source = [UInt8](compact)
    let spread = bracketsToSpread(source)
    var output: [UInt8] = []
    output.reserveCapacity(source.count * 2)
    /// For each open bracket, whether its contents go on lines of their own.
    var open: [Bool] = []

    func breakLine() {
      output.append(UInt8(ascii: "\n"))
      output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * open.count(where: \.self)))
    }

    var index = 0
    while index < source.count {
      let byte = source[index]
      let next = byte == UInt8(ascii: "\"") ? endOfString(source, from: index) : index + 1
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        output.append(byte)
        open.append(spread.contains(index))
        if open.last == true { breakLine() }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if open.popLast() == true { breakLine() }
        output.append(byte)
      case UInt8(ascii: ","):
        output.append(byte)
        if open.last == true { breakLine() } else { output.append(UInt8(ascii: " ")) }
      case UInt8(ascii: ":"):
        output.append(byte)
        output.append(UInt8(ascii: " "))
      default:
        output.append(contentsOf: source[index..<next])
      }
      index = next
    }
    output.append(UInt8(ascii: "\n"))
    return Data(output)
  }

  /// Positions of the opening brackets whose contents go on lines of their own: objects that hold something, arrays
  /// that hold such an object, and arrays of arrays that are long.
  private static func bracketsToSpread(_ source: [UInt8]) -> Set<Int> {
    struct Frame { var start: Int, holdsSpread = false, holdsArray = false }
    var result: Set<Int> = []
    var frames: [Frame] = []
    var index = 0
    while index < source.count {
      switch source[index] {
      case UInt8(ascii: "\""):
        index = endOfString(source, from: index)
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        frames.append(Frame(start: index))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard let frame = frames.popLast() else { break }
        let length = index - frame.start
        let isObject = source[index] == UInt8(ascii: "}")
        let spreads =
          isObject ? length > 1 : frame.holdsSpread || (frame.holdsArray && length > inlineLimit)
        if spreads { result.insert(frame.start) }
        if !frames.isEmpty {
          frames[frames.count - 1].holdsArray = true
          if spreads { frames[frames.count - 1].holdsSpread = true }
        }
      default: break
      }
      index += 1
    }
    return result
  }

  /// The index after the closing quote of the string that opens at `start`.
  private static func endOfString(_ source: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < source.count, source[index] != UInt8(ascii: "\"") {
      index += source[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, source.count)
  }
}
