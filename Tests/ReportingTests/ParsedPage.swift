import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What a page holds, as an XML parser sees it.
final class ParsedPage: NSObject, XMLParserDelegate {
  var elements: [String] = []
  var attributes: [(String, String)] = []
  var ids: [String] = []
  var images: [[String: String]] = []
  var charts: [[String: String]] = []
  var text = ""

  init(_ html: String) throws {
    super.init()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    guard parser.parse() else {
      throw parser.parserError ?? CocoaError(.fileReadCorruptFile, userInfo: ["line": parser.lineNumber])
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes attributeDict: [String: String]
  ) {
    elements.append(name)
    attributes += attributeDict.map { ($0.key, $0.value) }
    if let id = attributeDict["id"] { ids.append(id) }
    if name == "img" { images.append(attributeDict) }
    if name == "svg", attributeDict["class"] == "chart" { charts.append(attributeDict) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
