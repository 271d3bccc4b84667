import TensorFiles

extension FuzzTarget {
  /// The most that an archive may expand to.
  private static let maximumArchiveBytes = 1 << 20

  static func readNPY(_ input: [UInt8]) throws {
    let tensor = try wholeThenPieces({ try NPY.decode(input, path: path) }, { try readInPieces(input, whole: $0) })
    try accepted("writing") {
      try check(tensor, "the array")
      let written = try NPY.encode(tensor)
      try promise(try NPY.decode(written, path: path) == tensor, "the array changes when it is written and read")
    }
  }

  static func readNPZ(_ input: [UInt8]) throws {
    let tensors = try wholeThenPieces(
      { try NPZ.decode(input, path: path, maximumBytes: maximumArchiveBytes) },
      { try readArchiveInPieces(input, whole: $0?.map { (key: $0, value: $1) }) })
    var options = options(for: input)
    let compressed = Int.random(in: 0..<4, using: &options) == 0
    try accepted("writing") {
      for (name, tensor) in tensors { try check(tensor, "array \(name.debugDescription)") }
      let written = try NPZ.encode(tensors, compressed: compressed)
      let again = try NPZ.decode(written, path: path, maximumBytes: maximumArchiveBytes + tensors.count * 65_536)
      try promise(again == tensors, "the arrays change when they are written and read")
    }
  }

  static func readSafetensors(_ input: [UInt8]) throws {
    let file = try SafetensorsFile(bytes: input, path: path)
    try accepted("writing") {
      for (name, tensor) in file.tensors { try check(tensor, "tensor \(name.debugDescription)") }
      let written = try file.encoded()
      let again = try SafetensorsFile(bytes: written, path: path)
      try promise(again == file, "the file changes when it is written and read")
      try promise(try again.encoded() == written, "the same content is written in two ways")
    }
  }

  /// Reads in one way, and then in another one that hears whether the first succeeded.
  private static func wholeThenPieces<Content>(
    _ whole: () throws -> Content, _ pieces: (Content?) throws -> Void
  ) throws -> Content {
    let result = Result(catching: whole)
    try pieces(try? result.get())
    return try result.get()
  }

  private static func check(_ tensor: HostTensor, _ name: String) throws {
    var expected = tensor.elementType.byteCount
    for length in tensor.shape { expected *= length }
    try promise(
      tensor.bytes.count == expected,
      "\(name) of shape \(tensor.shape) and \(tensor.elementType) has \(tensor.bytes.count) bytes, not \(expected)")
  }
}
