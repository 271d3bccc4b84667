import RandomStreams

/// Changes to an input that leave standing what would otherwise keep every change from getting far: lengths, checksums
/// and compression are put right again around what was changed.
struct FuzzMutation {
  /// Changes some bytes; the count may change, up to the limit.
  typealias Scramble = ([UInt8], _ limit: Int) -> [UInt8]

  let target: FuzzTarget
  let scramble: Scramble
  /// The most bytes of the result.
  let limit: Int
  var random: StreamGenerator

  /// The input, changed in one place.
  mutating func callAsFunction(_ input: [UInt8]) -> [UInt8] {
    // Also without regard to any structure.
    if oneIn(4) { return scramble(input, limit) }
    let changed: [UInt8]?
    switch target {
    case .png: changed = changedPNG(input)
    case .npy: changed = changedNPY(input)
    case .npz: changed = changedNPZ(input)
    case .safetensors: changed = changedSafetensors(input)
    case .idx: changed = changedGzip(input)
    case .csv: changed = nil
    }
    guard let changed, changed.count <= limit else { return scramble(input, limit) }
    return changed
  }

  mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

  mutating func place<Elements: Collection>(in elements: Elements) -> Elements.Index? {
    elements.indices.randomElement(using: &random)
  }
}

extension FuzzMutation {
  /// A text behind its length, then data: changes either, and keeps the length right.
  private mutating func changed(_ text: [UInt8], _ data: [UInt8]) -> (text: [UInt8], data: [UInt8]) {
    oneIn(4) ? (text, scramble(data, limit)) : (scramble(text, limit), data)
  }

  fileprivate mutating func changedNPY(_ input: [UInt8]) -> [UInt8]? {
    guard input.count >= 12 else { return nil }
    let isWide = input[6] > 1
    let textStart = isWide ? 12 : 10
    let length = Int(input[8]) | Int(input[9]) << 8
    guard length <= input.count - textStart else { return nil }
    let (text, data) = changed(Array(input[textStart..<textStart + length]), Array(input[(textStart + length)...]))
    return input[..<8] + littleEndian(text.count, bytes: isWide ? 4 : 2) + text + data
  }

  fileprivate mutating func changedSafetensors(_ input: [UInt8]) -> [UInt8]? {
    guard input.count >= 8 else { return nil }
    let length = Int(input[0]) | Int(input[1]) << 8
    guard length <= input.count - 8 else { return nil }
    let (text, data) = changed(Array(input[8..<8 + length]), Array(input[(8 + length)...]))
    return littleEndian(text.count, bytes: 8) + text + data
  }

  fileprivate mutating func changedNPZ(_ input: [UInt8]) -> [UInt8]? {
    guard var archive = FuzzZip(input), let index = place(in: archive.entries) else { return nil }
    switch Int.random(in: 0..<8, using: &random) {
    case 0: archive.entries[index].name = scramble(archive.entries[index].name, 64)
    case 1: archive.entries[index].isDeflated.toggle()
    case 2: archive.entries.append(archive.entries[index])
    case 3: archive.entries.remove(at: index)
    default:
      var inner = FuzzMutation(target: .npy, scramble: scramble, limit: limit, random: random)
      archive.entries[index].content = inner(archive.entries[index].content)
    }
    return archive.bytes
  }

  fileprivate mutating func changedGzip(_ input: [UInt8]) -> [UInt8]? {
    let content = expanded(input, limit: 1 << 14, .gzip)
    if oneIn(8) { return content ?? compressed(input, level: 6, .gzip) }
    return content.flatMap { compressed(scramble($0, 1 << 14), level: .random(in: 0...9, using: &random), .gzip) }
  }

  fileprivate mutating func changedPNG(_ input: [UInt8]) -> [UInt8]? {
    guard var file = FuzzChunks(input), let index = place(in: file.chunks) else { return nil }
    switch Int.random(in: 0..<8, using: &random) {
    case 0: file.chunks[index].kind = oneIn(4) ? scramble(file.chunks[index].kind, 4) : anyKind()
    case 1: file.chunks.insert(file.chunks[index], at: place(in: file.chunks) ?? index)
    case 2: file.chunks.remove(at: index)
    case 3: file.chunks.insert(.init(kind: anyKind(), data: scramble([0, 0, 0, 1], 64)), at: index)
    case 4, 5: file.rewriteRows(level: .random(in: 0...9, using: &random)) { scramble($0, 1 << 14) }
    default: file.chunks[index].data = scramble(file.chunks[index].data, limit)
    }
    return file.bytes
  }

  private mutating func anyKind() -> [UInt8] {
    let kinds = [
      "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP", "mDCV", "cLLI", "sBIT", "eXIf",
      "bKGD", "hIST", "pHYs", "sPLT", "tIME", "tEXt", "zTXt", "iTXt", "acTL", "fcTL", "fdAT", "oFFs", "pCAL", "sCAL",
    ]
    return Array(kinds[Int.random(in: kinds.indices, using: &random)].utf8)
  }
}

func littleEndian(_ number: Int, bytes count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}
