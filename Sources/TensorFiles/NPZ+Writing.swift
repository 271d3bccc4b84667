import Foundation
import OrderedCollections

extension NPZ {
  /// The bytes of an archive: the same arrays in the same order always give the same bytes (dates are 1980-01-01).
  /// - Parameter compressed: deflate the entries; otherwise they are stored.
  /// - Throws: ``TensorFileError`` as ``NPY/encode(_:)`` does, and `tooLarge` where .zip without ZIP64 ends: 4 GiB,
  ///   65,534 arrays, names of 65,531 bytes.
  public static func encode(
    _ tensors: OrderedDictionary<String, HostTensor>, compressed: Bool = false
  ) throws -> [UInt8] {
    var files: OrderedDictionary<String, [UInt8]> = [:]
    for (name, tensor) in tensors {
      do {
        files[name] = try NPY.encode(tensor)
      } catch let error as TensorFileError {
        throw error.located(at: "", in: "array \(quoted(name))")
      }
    }
    return try encode(files: files, compressed: compressed)
  }

  /// The bytes of an archive of whole .npy files, for element types that ``HostTensor`` lacks.
  ///
  /// - Parameter files: each under its array's name, which becomes the entry's with `.npy` after it.
  /// - Throws: ``TensorFileError`` as ``encode(_:compressed:)`` does.
  public static func encode(files: OrderedDictionary<String, [UInt8]>, compressed: Bool = false) throws -> [UInt8] {
    guard files.count < UInt16.max else {
      throw TensorFileError(code: .tooLarge, path: "", reason: "\(files.count) arrays are too many for a .npz file")
    }
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in files {
      let entryName = Array("\(name).npy".utf8)
      let stored: [UInt8]
      do {
        stored = try compressed ? RawDeflate.deflate(content) : content
      } catch {
        throw TensorFileError(code: .io, path: "", reason: "array \(quoted(name)): no memory to compress it")
      }
      guard entryName.count <= UInt16.max, content.count < UInt32.max, stored.count < UInt32.max,
        archive.count < UInt32.max
      else {
        throw TensorFileError(code: .tooLarge, path: "", reason: "array \(quoted(name)) does not fit in a .npz file")
      }
      let offset = UInt32(archive.count)
      let record = sharedFields(
        name: entryName, isDeflated: compressed, checksum: RawDeflate.checksum(content), stored: stored.count,
        expanded: content.count)
      archive.append(littleEndian: UInt32(0x0403_4B50))
      archive += record + entryName + stored
      directory.append(littleEndian: UInt32(0x0201_4B50))
      directory.append(littleEndian: version)
      // After the fields that both records share: comment length, disk, two kinds of attributes, offset.
      directory += record + [UInt8](repeating: 0, count: 10)
      directory.append(littleEndian: offset)
      directory += entryName
    }
    return try archive + directory + end(entries: files.count, size: directory.count, offset: archive.count)
  }

  /// Writes a file atomically; see ``AtomicFile``.
  /// - Throws: ``TensorFileError`` naming the file, for the reasons of ``encode(_:compressed:)`` and for those of the file
  ///   system.
  public static func write(
    _ tensors: OrderedDictionary<String, HostTensor>, to url: URL, compressed: Bool = false
  ) throws {
    let bytes: [UInt8]
    do {
      bytes = try encode(tensors, compressed: compressed)
    } catch let error as TensorFileError {
      throw try error.located(at: fileSystemPath(of: url), in: "cannot write")
    }
    try AtomicFile.write(bytes, to: url)
  }

  /// The version of .zip that readers need: 2.0, for deflate.
  private static var version: UInt16 { 20 }

  /// The fields from "version needed" to "extra length", which both records of an entry have.
  private static func sharedFields(
    name: [UInt8], isDeflated: Bool, checksum: UInt32, stored: Int, expanded: Int
  ) -> [UInt8] {
    let namesAreUTF8: UInt16 = 0x0800
    let firstOfJanuary1980: UInt32 = 0x0021_0000
    var fields: [UInt8] = []
    fields.append(littleEndian: version)
    fields.append(littleEndian: namesAreUTF8)
    fields.append(littleEndian: UInt16(isDeflated ? 8 : 0))
    fields.append(littleEndian: firstOfJanuary1980)
    fields.append(littleEndian: checksum)
    fields.append(littleEndian: UInt32(stored))
    fields.append(littleEndian: UInt32(expanded))
    fields.append(littleEndian: UInt16(name.count))
    fields.append(littleEndian: UInt16(0))
    return fields
  }

  /// The record that ends the archive.
  private static func end(entries: Int, size: Int, offset: Int) throws -> [UInt8] {
    guard size < UInt32.max, offset < UInt32.max else {
      throw TensorFileError(code: .tooLarge, path: "", reason: "the arrays do not fit in a .npz file")
    }
    var record: [UInt8] = []
    record.append(littleEndian: UInt32(0x0605_4B50))
    record.append(littleEndian: UInt32(0))
    record.append(littleEndian: UInt16(entries))
    record.append(littleEndian: UInt16(entries))
    record.append(littleEndian: UInt32(size))
    record.append(littleEndian: UInt32(offset))
    record.append(littleEndian: UInt16(0))
    return record
  }
}
