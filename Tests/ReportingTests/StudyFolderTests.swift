import Foundation
import Results
import Testing

@testable import Reporting

@Suite struct StudyFolderTests {
  @Test func earlierStudiesStayOnThePage() throws {
    try withFolder { root in
      let figure = StudyFigure(title: "f", x: .init("x"), y: .init("y"), series: [])
      let folder = StudyFolder(root.appendingPathComponent("new/results"), names: ["euler", "lesion", "field"])
      #expect(try folder.records().isEmpty)
      var lesion = studyRecord(name: "lesion", outcomes: [.met], figures: [figure, figure])
      let files = try folder.write(lesion)
      #expect(files.map(\.lastPathComponent) == ["lesion.json", "lesion-1.svg", "lesion-2.svg"])
      try folder.write(studyRecord(name: "euler", outcomes: [.notMet]))
      #expect(try folder.records().map(\.name) == ["euler", "lesion"], "the order of the names")

      lesion.figures = [figure]
      lesion.criteria[0].outcome = .undecided
      try folder.write(lesion)
      #expect(try folder.records()[1] == lesion)
      let drawn = try FileManager.default.contentsOfDirectory(atPath: files[1].deletingLastPathComponent().path)
      #expect(drawn == ["lesion-1.svg"], "no figure of the earlier run is left")
      #expect(try String(contentsOf: files[1], encoding: .utf8) == figure.svg)

      let page = try ParsedPage(String(contentsOf: folder.writePage(), encoding: .utf8))
      #expect(page.ids.contains("euler") && page.ids.contains("lesion") && !page.ids.contains("field"))

      try Data("{}".utf8).write(to: folder.url.appendingPathComponent("field.json"))
      #expect(throws: ResultsError.self) { try folder.writePage() }
    }
  }
}
