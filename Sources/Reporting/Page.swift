import Results

/// The HTML page: its frame here, each part of it in `Sections`.
struct Page {
  let entries: [Entry]

  /// The run that the headline is about.
  var main: Entry { entries[0] }

  var html: String {
    let sections = [
      accuracySection, metricsSection, driftSection, attackSection, curvesSection, corruptionSection, boundsSection,
      certificateSection, smoothingSection, precisionSection, gallerySection, auditSection,
      soundnessSection, runSection, definitionsSection,
    ].compactMap(\.self)
    return Document(
      title: title,
      header: """
        \(summary)
        <nav aria-label="Parts of this report"><ul>
        \(sections.map { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>" as Markup })
        </ul></nav>
        """, sections: sections, schema: Results.currentSchema
    ).html
  }

  var title: String { "\(main.results.name.isEmpty ? "Steadfast" : main.results.name): robustness report" }

  /// One column, panel or line per strategy; the colour key wherever lines are drawn.
  var legend: Markup { SeriesStyle.legend(entries.map { ($0.label, $0.style) }) }
}

/// A page that needs nothing but itself: its styles are inside, and it may load nothing else.
struct Document {
  var title: String
  var header: Markup
  var sections: [Section]
  /// Of what it shows.
  var schema: String

  var html: String {
    let page: Markup = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"/>
      <title>\(title)</title>
      <style>
      \(Markup(trusted: StyleSheet.css))
      </style>
      </head>
      <body>
      <header>
      \(header)
      </header>
      <main>
      \(sections.map { $0.markup })
      </main>
      <footer>
      <p>Made by Steadfast. Schema \(schema). This file holds everything it shows.</p>
      </footer>
      </body>
      </html>
      """
    return page.html + "\n"
  }
}

/// A part of the page with a heading and an anchor.
struct Section {
  var id: String
  var title: String
  var content: Markup

  var markup: Markup {
    """
    <section id="\(id)" aria-labelledby="\(id)-title">
    <h2 id="\(id)-title">\(title)</h2>
    \(content)
    </section>
    """
  }
}

/// A table with a caption for screen readers, in a box of its own that scrolls where the page is narrow.
struct DataTable {
  var caption: String
  var header: [Markup]
  /// The first cell of each row is its heading.
  var rows: [[Markup]]
  /// Which columns hold figures.
  var numeric = true
  /// How many columns before the figures hold text.
  var textColumns = 1
  /// Whether the rows become blocks on a narrow page: for tables of text.
  var stacks = false

  /// The table, closed where it is too long to scroll past.
  var folded: Markup { .folded("\(caption): \(rows.count) rows", lines: rows.count, markup) }

  var markup: Markup {
    let number: Markup = numeric ? " class=\"num\"" : .empty
    let head = header.enumerated().map { index, cell -> Markup in
      "<th scope=\"col\"\(index < textColumns ? .empty : number)>\(cell)</th>"
    }
    let body = rows.map { row -> Markup in
      let cells = row.enumerated().map { index, cell -> Markup in
        index == 0 ? "<th scope=\"row\">\(cell)</th>" : "<td\(index < textColumns ? .empty : number)>\(cell)</td>"
      }
      return "<tr>\(cells)</tr>"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(caption)">
      <table class="wide\(stacks ? " stack" : .empty)"><caption class="hidden">\(caption)</caption>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body)
      </tbody></table></div>
      """
  }
}
