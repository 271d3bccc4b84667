import Steadfast

extension StoredNetworkError {
  /// Adds to what a file of weights does not say the option that says it.
  /// - Throws: ``CommandError`` in place of this error; any other as it is.
  static func advising<Value>(imageShape: String, network: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as StoredNetworkError {
      switch error {
      case .imageShape: throw CommandError(.badInput, "\(error): say it with \(imageShape)")
      case .network: throw CommandError(.badInput, "\(error): describe it with \(network)")
      }
    } catch let error as WeightsError where error.lacksDescription {
      throw CommandError(.badInput, "\(error): describe another with \(network)")
    }
  }
}
