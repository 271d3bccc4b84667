/// The page's styles: system fonts, light and dark, print; no script and nothing from elsewhere.
enum StyleSheet {
  static var css: String {
    """
    :root{color-scheme:light dark;--under:var(--page);\(variables(light))}
    \(HeatPalette.css(dark: false))
    @media (prefers-color-scheme:dark){:root{\(variables(dark))}
    \(HeatPalette.css(dark: true))}
    \(layout)
    \(tables)
    \(charts)
    \(pictures)
    \(gallery)
    \(narrow)
    \(print)
    """
  }

  /// For a chart that is a file of its own.
  static var chartFile: String {
    """
    :root{color-scheme:light dark;\(variables(light))}
    @media (prefers-color-scheme:dark){:root{\(variables(dark))}}
    \(charts)
    svg.chart{max-width:none;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
    svg.chart text.heading{fill:var(--ink);font-size:13px;font-weight:600}
    svg.chart text.name{fill:var(--ink)}
    rect.page{fill:var(--card)}
    """
  }

  private static let light = [
    "page": "#faf9f6", "card": "#ffffff", "ink": "#1b2226", "muted": "#5a656b", "line": "#dfdcd3", "accent": "#0b6068",
    "good": "#1c6b3a", "bad": "#a8281e", "none": "#5a656b", "stripe": "#ebe8df", "shade": "#00000026",
    "s0": "#0b6068", "s1": "#b4531a", "s2": "#5b4aa8", "s3": "#8a6d00", "s4": "#a02c66", "s5": "#3d6b1f",
  ]
  private static let dark = [
    "page": "#14181a", "card": "#1c2225", "ink": "#e8eaea", "muted": "#a3aeb3", "line": "#333c40", "accent": "#6fd0c6",
    "good": "#79d29a", "bad": "#ff9c8f", "none": "#a3aeb3", "stripe": "#262d31", "shade": "#ffffff2e",
    "s0": "#6fd0c6", "s1": "#f0a36b", "s2": "#b3a7f5", "s3": "#e0c558", "s4": "#f08fbd", "s5": "#a4d67c",
  ]

  private static func variables(_ colors: [String: String]) -> String {
    colors.sorted { $0.key < $1.key }.map { "--\($0.key):\($0.value)" }.joined(separator: ";")
  }

  private static let layout = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,\
    "Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
    main,header,footer{max-width:1180px;margin:0 auto;padding:0 24px}
    header{padding-top:44px}
    h1{font-size:2.1rem;line-height:1.2;margin:0 0 6px;letter-spacing:-.02em}
    h2{font-size:1.4rem;line-height:1.25;margin:56px 0 8px;letter-spacing:-.01em}
    h3{font-size:1rem;margin:22px 0 6px}
    h3 .key{font-weight:400;color:var(--muted)}
    p{margin:0 0 12px;max-width:75ch}
    a{color:var(--accent);text-underline-offset:2px}
    a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
    .kicker{color:var(--muted);margin:0 0 4px;font-size:.9rem}
    .lead{font-size:1.12rem;max-width:70ch}
    .note,figcaption,small{color:var(--muted);font-size:.875rem}
    .note{margin:6px 0 12px}
    nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:18px 0 0;font-size:.92rem}
    .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:14px;margin:24px 0 8px}
    .card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px;min-width:0}
    .card h3{margin:0;font-size:.9rem;font-weight:600;color:var(--muted)}
    .card .big{font-size:2rem;line-height:1.25;font-weight:650;letter-spacing:-.02em;margin:2px 0 0}
    .card .range{color:var(--muted);font-size:.84rem;margin:0}
    .card dl{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2px 12px;margin:10px 0 0;padding-top:8px;\
    border-top:1px solid var(--line);font-size:.86rem}
    .card dt{color:var(--muted)}
    .card dd{margin:0;text-align:right}
    .grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:14px;margin:10px 0}
    .panel{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;min-width:0;\
    margin:0}
    .panel{--under:var(--card)}
    .panel>h4{margin:0 0 8px;font-size:.95rem}
    .panel>h4 .key{font-weight:400;color:var(--muted)}
    .panel figcaption{margin-top:6px}
    .two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:14px}
    .two ul{padding-left:1.1em;margin:0}
    .two li{margin:0 0 8px}
    details{margin:4px 0}
    summary{cursor:pointer;color:var(--accent);padding:3px 0}
    pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;overflow-x:auto;\
    font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;margin:8px 0}
    .digest{font:12px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
    overflow-wrap:anywhere;word-break:break-all}
    footer{color:var(--muted);font-size:.875rem;padding-top:40px;padding-bottom:48px}
    .hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
    .good{color:var(--good)}.bad{color:var(--bad)}.neutral{color:var(--none)}
    .verdict{font-weight:650;white-space:nowrap}
    """

  private static let tables = """
    .scroll{overflow-x:auto;position:relative;max-width:100%;margin:8px 0;\
    background:linear-gradient(to left,var(--under),transparent) right/36px 100% no-repeat local,\
    linear-gradient(to left,var(--shade),transparent) right/12px 100% no-repeat scroll}
    table.wide th:first-child{position:sticky;left:0;background:var(--page);z-index:1}
    table{border-collapse:collapse;font-size:.9rem}
    table.wide{width:100%}
    th,td{text-align:left;padding:7px 12px 7px 0;border-bottom:1px solid var(--line);vertical-align:top}
    thead th{color:var(--muted);font-weight:600;font-size:.84rem;vertical-align:bottom}
    tbody th{font-weight:500}
    td.num,th.num{text-align:right;padding-left:12px;padding-right:4px}
    td.num{white-space:nowrap}
    td.num small{display:block;white-space:nowrap}
    caption{text-align:left}
    table.heat{border-spacing:2px;border-collapse:separate;width:100%}
    table.heat th,table.heat td{border:0;padding:5px 2px;text-align:center;vertical-align:middle}
    table.heat tbody th{text-align:left;white-space:nowrap;font-size:.82rem;color:var(--muted);padding-right:6px}
    table.heat td{border-radius:5px;min-width:43px;height:42px;font-weight:600;font-size:.9rem;line-height:1.15}
    table.heat td small{display:block;color:inherit;font-weight:400;font-size:.68rem;letter-spacing:-.02em;\
    white-space:nowrap}
    table.heat td.own{outline:2px solid var(--ink);outline-offset:-2px}
    table.heat td.none{background:repeating-linear-gradient(135deg,var(--stripe) 0 3px,transparent 3px 8px)}
    abbr{text-decoration:none}
    .scale{display:flex;max-width:480px;font-size:.78rem;text-align:center;margin:4px 0 14px}
    .scale span{flex:1;padding:2px 0}
    """

  private static let charts = """
    svg.chart{display:block;width:100%;height:auto;max-width:480px;font-size:10.5px;fill:var(--ink)}
    svg.chart text{fill:var(--muted);stroke:none}
    svg.chart text.title{fill:var(--ink)}
    svg.chart text.inside{fill:var(--card)}
    line.grid{stroke:var(--line);stroke-width:1}
    line.axis{stroke:var(--muted);stroke-width:1}
    .line{fill:none;stroke-width:2;stroke-linejoin:round}
    .band{opacity:.16;stroke:none}
    .mark{stroke:var(--card);stroke-width:1}
    line.lower{stroke:var(--ink);stroke-width:2}
    line.range,line.open{stroke:var(--muted);opacity:.55}
    line.open{stroke-dasharray:2 2}
    line.broken{stroke:var(--bad);stroke-width:3}
    .dot.attack{fill:var(--ink)}
    line.s1,polyline.s1{stroke-dasharray:7 3}line.s2,polyline.s2{stroke-dasharray:2 3}
    line.s3,polyline.s3{stroke-dasharray:9 3 2 3}line.s4,polyline.s4{stroke-dasharray:4 2}
    line.s5,polyline.s5{stroke-dasharray:1 2}
    \((0..<SeriesStyle.count).map(series).joined(separator: "\n"))
    .legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:6px 0;font-size:.88rem}
    .legend svg{vertical-align:-1px;margin-right:6px}
    """

  /// Pictures inside charts, of which one is for each colour scheme.
  private static let pictures = """
    svg.chart image{image-rendering:pixelated}
    svg.chart image.dark{display:none}
    @media (prefers-color-scheme:dark){svg.chart image.light{display:none}svg.chart image.dark{display:inline}}
    """

  /// The colours of one strategy's lines and marks.
  private static func series(_ style: Int) -> String {
    ".line.s\(style){stroke:var(--s\(style))}"
      + ".band.s\(style),.mark.s\(style),.bar.s\(style),.dot.s\(style){fill:var(--s\(style))}"
  }

  private static let gallery = """
    .pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:14px;margin:10px 0}
    .triple{display:grid;grid-template-columns:repeat(3,1fr);gap:6px}
    .triple div{min-width:0}
    .triple img{display:block;width:100%;aspect-ratio:1;object-fit:contain;image-rendering:pixelated;\
    background:var(--stripe);border-radius:4px}
    .triple span{display:block;font-size:.72rem;color:var(--muted);text-align:center;margin-top:2px;white-space:nowrap}
    .pictures p{margin:8px 0 0;font-size:.88rem;line-height:1.4}
    """

  private static let narrow = """
    @media (max-width:560px){main,header,footer{padding-left:14px;padding-right:14px}header{padding-top:26px}
    h1{font-size:1.6rem}h2{margin-top:42px}.lead{font-size:1.04rem}.panel{padding:12px 10px}
    .cards{gap:10px}.card{padding:12px 14px}
    .card .big{font-size:1.6rem}
    table.stack thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
    table.stack tr{display:block;padding:8px 0;border-bottom:1px solid var(--line)}
    table.stack th,table.stack td,table.stack td.num{display:block;border:0;padding:1px 0;text-align:left}}
    """

  private static let print = """
    @media print{body{background:#fff;font-size:11pt}nav{display:none}.panel,.card,figure,tr{break-inside:avoid}
    h2,h3{break-after:avoid}.scroll{overflow:visible}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
    """
}
