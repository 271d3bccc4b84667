import Foundation

/// NumPy's .npy files: one array each (format versions 1.0, 2.0 and 3.0).
public enum NPY {
  /// Reads a file. Column-major ("Fortran order") arrays are put into row-major order.
  ///
  /// Booleans, whole numbers from 8 to 64 bits except unsigned ones over 8, and floats of 16, 32 and 64 bits are read,
  /// little-endian. Other element types, structured arrays and pickled objects are refused by name.
  /// - Parameter maximumBytes: a longer file is refused; 4 GiB unless told.
  /// - Throws: ``TensorFileError`` naming the file.
  public static func read(contentsOf url: URL, maximumBytes: Int = 4 << 30) throws -> HostTensor {
    try read(FileSource(url, maximumBytes: maximumBytes))
  }

  /// Reads a file that is already in memory; errors call it `path`.
  /// - Throws: ``TensorFileError`` naming `path`.
  public static func decode(_ bytes: [UInt8], path: String) throws -> HostTensor {
    try read(MemorySource(content: bytes, path: path))
  }

  /// A row-major file of version 1.0, byte for byte as `numpy.save` writes it.
  /// - Throws: ``TensorFileError`` `unsupported` for `bfloat16`, which NumPy lacks, and for more than 64 axes.
  public static func encode(_ tensor: HostTensor) throws -> [UInt8] {
    guard let description = tensor.elementType.numpyDescription else {
      throw TensorFileError(code: .unsupported, path: "", reason: "NumPy has no element type \(tensor.elementType)")
    }
    guard tensor.shape.count <= TensorShape.maximumRank else {
      throw TensorFileError(
        code: .unsupported, path: "",
        reason: "\(tensor.shape.count) axes are over NumPy's limit of \(TensorShape.maximumRank)")
    }
    return NPYHeader.encoded(description: description, shape: tensor.shape) + tensor.bytes
  }

  /// Writes a file atomically; see ``AtomicFile``.
  /// - Throws: ``TensorFileError`` naming the file, for the reasons of ``encode(_:)`` and for those of the file system.
  public static func write(_ tensor: HostTensor, to url: URL) throws {
    let bytes: [UInt8]
    do {
      bytes = try encode(tensor)
    } catch let error as TensorFileError {
      throw try error.located(at: fileSystemPath(of: url), in: "cannot write")
    }
    try AtomicFile.write(bytes, to: url)
  }

  private static func read(_ source: some ByteSource) throws -> HostTensor {
    let header = try NPYHeader(of: source)
    let elementType = try header.elementType(path: source.path)
    let size: Int
    do {
      size = try TensorShape.byteCount(of: header.shape, elementType: elementType)
    } catch let error as TensorFileError {
      throw error.located(at: source.path, in: "header")
    }
    let available = source.count - header.dataStart
    guard available >= size else {
      throw TensorFileError(
        code: .truncated, path: source.path,
        reason: "shape \(header.shape) of \(elementType) needs \(size) bytes, but \(available) follow")
    }
    guard available == size else {
      throw TensorFileError(
        code: .malformed, path: source.path, reason: "\(available - size) bytes follow the end of the array")
    }
    var bytes = try source.bytes(in: header.dataStart..<source.count)
    if header.isColumnMajor {
      bytes = rowMajor(fromColumnMajor: bytes, shape: header.shape, elementBytes: elementType.byteCount)
    }
    return try HostTensor(elementType: elementType, shape: header.shape, bytes: bytes)
  }

  /// The same array with the last axis, not the first, varying fastest.
  private static func rowMajor(fromColumnMajor source: [UInt8], shape: [Int], elementBytes: Int) -> [UInt8] {
    guard shape.count > 1, let rowLength = shape.last, !source.isEmpty else { return source }
    var strides: [Int] = []
    var stride = elementBytes
    for length in shape {
      strides.append(stride)
      stride *= length
    }
    let outerAxes = shape.indices.dropLast()
    let rowStride = strides[outerAxes.endIndex]
    return [UInt8](unsafeUninitializedCapacity: source.count) { target, initializedCount in
      source.withUnsafeBytes { input in
        guard var output = UnsafeMutableRawPointer(target.baseAddress), let start = input.baseAddress else { return }
        var index = [Int](repeating: 0, count: outerAxes.count)
        for _ in 0..<source.count / (rowLength * elementBytes) {
          var element = start + outerAxes.reduce(0) { $0 + index[$1] * strides[$1] }
          for column in 0..<rowLength {
            output.copyMemory(from: element, byteCount: elementBytes)
            output += elementBytes
            if column + 1 < rowLength { element += rowStride }
          }
          for axis in outerAxes.reversed() {
            index[axis] += 1
            if index[axis] < shape[axis] { break }
            index[axis] = 0
          }
        }
      }
      initializedCount = source.count
    }
  }
}
