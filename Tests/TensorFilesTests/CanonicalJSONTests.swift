import Foundation
import TensorFiles
import Testing

@Suite struct CanonicalJSONTests {
  private let value = ["b/c": [2], "a": [1, 3]]

  @Test func equalValuesGiveEqualBytes() throws {
    let text = String(decoding: try JSONEncoder.canonical().encode(value), as: UTF8.self)
    #expect(text == #"{"a":[1,3],"b/c":[2]}"#)
    let turned = Dictionary(uniqueKeysWithValues: value.sorted { $0.key > $1.key })
    #expect(try JSONEncoder.canonical().encode(turned) == Data(text.utf8))
  }

  @Test func prettyIsTheSameOverSeveralLines() throws {
    let pretty = String(decoding: try JSONEncoder.canonical(pretty: true).encode(value), as: UTF8.self)
    #expect(pretty.hasPrefix("{\n  \"a\" : ["))
    #expect(pretty.filter { !$0.isWhitespace } == #"{"a":[1,3],"b/c":[2]}"#)
  }
}
