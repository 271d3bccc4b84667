import Foundation
import ImageData
import Results
import Testing

@testable import Reporting

/// Matrices of more tasks than are printed.
@Suite struct LongMatrixTests {
  private static let tasks = 60

  /// Some cells of the lower triangle are measured, half of them; with them the untrained network's, or not.
  private func slice(seed: UInt64, untrained: Bool) -> MeasuredAccuracy {
    var random = SplitMix(seed: seed)
    var slice = MeasuredAccuracy(.clean(.taskAware), tasks: Self.tasks)
    for column in 0..<Self.tasks {
      for row in column..<Self.tasks where Bool.random(using: &random) {
        slice.record(Tally(correct: Int.random(in: 0...40, using: &random), n: 40), after: row, on: column)
      }
    }
    if untrained { slice.record(Tally(correct: 7, n: 40), after: nil, on: 3) }
    return slice
  }

  private func results(_ slice: MeasuredAccuracy) -> Results {
    var results = Results(
      name: "long", strategy: "adapters", network: "n", seed: 0,
      tasks: (0..<Self.tasks).map {
        TaskRecord(name: "<task \($0)>", classes: ["a\($0)", "b\($0)"], trainImages: 10, testImages: 40)
      })
    results.accuracy = [slice]
    results.computeMetrics()
    return results
  }

  /// Every pixel of the picture in the page is the colour of its cell, and clear where nothing was measured.
  @Test(arguments: [false, true]) func aPixelACell(untrained: Bool) throws {
    let slice = slice(seed: 11, untrained: untrained)
    let page = try ParsedPage(try Report(results(slice)).html())
    let pictures = page.attributes.filter { $0.0 == "href" && $0.1.hasPrefix("data:image/png;base64,") }
    #expect(pictures.count == 2, "for light and for dark pages")
    let rows = (untrained ? [slice.initial] : []) + slice.matrix
    let css = [false, true].map { HeatPalette.css(dark: $0) }
    for (uri, dark) in zip(pictures.map(\.1), [false, true]) {
      let data = try #require(Data(base64Encoded: String(uri.dropFirst("data:image/png;base64,".count))))
      let image = try PNG.decode(Array(data), path: "uri")
      #expect(image.width == Self.tasks && image.height == rows.count)
      for (row, cells) in rows.enumerated() {
        for (column, cell) in cells.enumerated() {
          let start = (row * Self.tasks + column) * 4
          let alpha = image.pixels[start + 3]
          guard let cell else {
            #expect(alpha == 0)
            continue
          }
          // The palette's own step, as the style sheet writes it for the cells of a table.
          let hex = image.pixels[start..<start + 3].map { String(format: "%02x", $0) }.joined()
          let rule = ".h\(Int((cell * 20).rounded())){background:#\(hex);"
          #expect(css[dark ? 1 : 0].contains(rule) && alpha == 255, "after \(row), on \(column)")
        }
      }
    }
  }

  @Test func everyTaskWhenLearnedAndAtTheEnd() throws {
    let slice = slice(seed: 12, untrained: false)
    let report = Report(results(slice))
    let table = try report.html().components(separatedBy: "<summary>Task by task</summary>")[1]
    let cells = table.components(separatedBy: "<tr>")
    // Before it stands the list of tasks.
    let lines = report.markdown().replacing("\\", with: "").components(separatedBy: "## Accuracy\n")[1]
      .components(separatedBy: "\n")
    let last = Self.tasks - 1
    for task in 0..<Self.tasks {
      let (learned, end) = (slice.matrix[task][task], slice.matrix[last][task])
      let change = Figures.points(learned.flatMap { learned in end.map { $0 - learned } })
      let line = try #require(lines.first { $0.hasPrefix("| T\(task + 1) ") })
      let row = try #require(cells.first { $0.contains("<th scope=\"row\">T\(task + 1) ") })
      // Figures alone, without their intervals.
      let inMarkdown = line.components(separatedBy: " | ").dropFirst().map { $0.components(separatedBy: " [")[0] }
      let inPage = row.components(separatedBy: "<td class=\"num\">").dropFirst().map {
        $0.components(separatedBy: "<")[0]
      }
      #expect(Array(inPage) == [Figures.percent(learned), Figures.percent(end), change], "\(row)")
      #expect(Array(inMarkdown) == [Figures.percent(learned), Figures.percent(end), change + " |"], "\(line)")
    }
    #expect(try report.html().contains("<summary>Tasks: 60 rows</summary>"), "a long table is closed")
  }

  /// Two tasks, besides the last, that were measured both times; one of them changed.
  @Test func changesAreCounted() throws {
    var slice = MeasuredAccuracy(.clean(.taskAware), tasks: Self.tasks)
    let last = Self.tasks - 1
    for (task, correct) in [(3, 1), (5, 2), (last, 2)] {
      slice.record(Tally(correct: 2, n: 4), after: task, on: task)
      slice.record(Tally(correct: correct, n: 4), after: last, on: task)
    }
    slice.record(Tally(correct: 2, n: 4), after: 7, on: 7)
    let page = try ParsedPage(try Report(results(slice)).html())
    #expect(page.text.contains("1 of 2 earlier tasks that were measured both times differ at the end."))
  }

  /// A label on the left stands beside the middle of its row of the picture, also where there is one for the untrained
  /// network above all.
  @Test(arguments: [false, true]) func rowsHaveTheirNumbers(untrained: Bool) throws {
    let markup = try AccuracyPicture(label: "l", slice: slice(seed: 14, untrained: untrained)).markup().html
    let image = try #require(markup.components(separatedBy: "<image ").last)
    func number(_ name: String) throws -> Double {
      try #require(Double(image.components(separatedBy: " \(name)=\"")[1].components(separatedBy: "\"")[0]))
    }
    let (top, height) = (try number("y"), try number("height"))
    let rows = Double(Self.tasks + (untrained ? 1 : 0))
    let label = try #require(markup.components(separatedBy: "<text ").first { $0.contains(">20</text>") })
    // Text stands on its base line, 3.5 below its middle.
    let y = try #require(Double(label.components(separatedBy: " y=\"")[1].components(separatedBy: "\"")[0])) - 3.5
    #expect(abs(y - (top + height * (19.5 + (untrained ? 1 : 0)) / rows)) < 0.02)
  }

  /// Up to fifty tasks cells are printed, beyond them no table has one.
  @Test func cellsAreNotPrinted() throws {
    let long = try Report(results(slice(seed: 13, untrained: true))).html()
    #expect(!long.contains("<table class=\"heat\">"))
    var short = MeasuredAccuracy(.clean(.taskAware), tasks: MeasuredAccuracy.mostPrintedTasks)
    short.record(Tally(correct: 1, n: 2), after: 0, on: 0)
    let page = try Report(results(short)).html()
    #expect(page.contains("<table class=\"heat\">"))
    #expect(long.contains("a cell is a dot of its colour") && !page.contains("a cell is a dot of its colour"))
  }
}
