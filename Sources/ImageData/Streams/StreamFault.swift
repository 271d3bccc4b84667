/// What is wrong with a stream description, and the field that says so.
struct StreamFault: Error {
  let key: StreamDescription.Key
  let error: DataError

  init(_ key: StreamDescription.Key, _ error: DataError) {
    self.key = key
    self.error = error
  }

  init(_ key: StreamDescription.Key, _ reason: String, _ advice: String = "") {
    self.init(key, StreamDescription.error(reason, advice))
  }

  /// - Parameter advice: how to come by more.
  static func oneTask(_ key: StreamDescription.Key, _ advice: String) -> StreamFault {
    StreamFault(key, "fewer than two tasks, and a stream is a sequence", advice)
  }
}
