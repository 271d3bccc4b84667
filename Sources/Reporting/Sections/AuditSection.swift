import Results

extension Page {
  /// The questions of a sceptical reviewer, with their answers.
  var auditSection: Section? {
    let audited = entries.filter {
      !$0.results.audit.isEmpty || $0.results.consistency != nil || !$0.results.zeroGradients.isEmpty
    }
    guard !audited.isEmpty else { return nil }
    let parts = audited.map { entry -> Markup in
      """
      \(entries.count > 1 ? "<h3>\(entry.label)</h3>" : .empty)
      \(consistency(entry.results))
      \(rows(entry))
      \(zeroGradients(entry))
      """
    }
    return Section(
      id: "audit", title: "Can these figures be trusted?",
      content: """
        <p>The evaluation audits itself: weak attacks, masked gradients and broken evaluators leave traces, and each row
        looks for one.</p>
        \(parts)
        """)
  }

  private func consistency(_ results: Results) -> Markup {
    guard let check = results.consistency else { return .empty }
    let checked = Figures.count(check.checked)
    guard !check.holds else {
      return """
        <p><span class="verdict good">✓ consistent</span> On each of \(checked) samples: certified ≤ worst case ≤ every
        attack ≤ clean.</p>
        """
    }
    let shown = check.violations.prefix(20).map { violation -> Markup in
      """
      <li>sample \(violation.sample): \(violation.harsher) says correct, \(violation.milder) says wrong\
      \(violation.context.map { " (\($0))" } ?? "")</li>
      """
    }
    let left = check.violations.count - shown.count
    return """
      <p><span class="verdict bad">✗ inconsistent</span> \(check.violations.count) violations of certified ≤ worst case ≤
      every attack ≤ clean, on \(checked) samples:</p>
      <ul>\(shown)\(left > 0 ? "<li>and \(left) more</li>" : .empty)</ul>
      """
  }

  private func rows(_ entry: Entry) -> Markup {
    guard !entry.results.audit.isEmpty else { return .empty }
    let rows = entry.results.audit.map { row -> [Markup] in
      ["\(row.check)", verdict(row.verdict), "\(row.detail)"]
    }
    return DataTable(
      caption: "Audit of \(entry.label)", header: ["Check", "Verdict", "Detail"], rows: rows, numeric: false,
      stacks: true
    ).markup
  }

  private func verdict(_ verdict: AuditRow.Verdict) -> Markup {
    switch verdict {
    case .pass: "<span class=\"verdict good\">✓ pass</span>"
    case .fail: "<span class=\"verdict bad\">✗ fail</span>"
    case .notApplicable: "<span class=\"verdict neutral\">– not applicable</span>"
    }
  }

  private func zeroGradients(_ entry: Entry) -> Markup {
    let records = entry.results.zeroGradients
    guard !records.isEmpty else { return .empty }
    let rows = records.map { record -> [Markup] in
      let threat = MeasureKey(measure: record.attack, norm: record.norm, epsilon: record.epsilon).heading
      let interval = record.n.flatMap { n -> Interval? in
        guard n > 0, n <= 1 << 53 else { return nil }
        return Intervals.wilson(successes: Int((record.fraction * Double(n)).rounded()), n: n)
      }
      return [
        "\(threat)", "\(record.task ?? "all")",
        "\(Figures.percent(record.fraction))<small>\(Figures.interval(interval))</small>",
      ]
    }
    return DataTable(
      caption: "Zero gradients of \(entry.label)",
      header: ["Attack", "Task", "Gradient exactly zero"],
      rows: rows, textColumns: 2
    ).folded
  }
}
