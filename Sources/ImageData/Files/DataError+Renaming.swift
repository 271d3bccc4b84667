import TensorFiles

extension DataError {
  /// Any error as one that names a path.
  init(path: String, error: any Error) {
    self = error as? DataError ?? DataError(code: .io, path: path, reason: "\(error)")
  }

  /// Runs `body`, whose errors about an image in memory become errors about a file.
  static func about<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as DataError {
      throw DataError(code: error.code, path: path, reason: error.reason, advice: error.advice)
    }
  }

  /// Runs `body`, whose errors about files of arrays, or about files put in place as a whole, become those of this
  /// room.
  static func fromTensorFiles<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as TensorFileError {
      throw DataError(code: error.code == .io ? .io : .badData, path: error.path, reason: error.reason)
    }
  }
}
