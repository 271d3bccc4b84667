import Results

extension Page {
  /// The headline: what was trained and how it went, in words and then in figures.
  var summary: Markup {
    let results = main.results
    let count = results.tasks.count
    return """
      <p class="kicker">Steadfast robustness report</p>
      <h1>\(results.name.isEmpty ? "Robustness report" : results.name)</h1>
      <p class="lead">\(story)</p>
      <div class="cards">
      \(cards)
      </div>
      <p class="note">Large figures: \(main.label), after the last of \(count) task\(count == 1 ? "" : "s"), \
      seed \(results.seed). Ranges are 95&#160;% intervals.</p>
      """
  }

  private var story: Markup {
    let results = main.results
    let count = results.tasks.count
    let classes = Set(results.tasks.flatMap(\.classes)).count
    let network = "A \(results.network.isEmpty ? "network" : results.network)"
    var sentences: [Markup] = [
      """
      \(network) learned \(count) task\(count == 1 ? "" : "s") of \(classes) classes in all, \
      \(count == 1 ? "with" : "one after another, with") <strong>\(main.label)</strong>.
      """
    ]
    if let aware = main.metrics(.clean(.taskAware))?.averageAccuracy {
      var sentence: Markup =
        "At the end it is right on \(Figures.percent(aware)) of the test images when it is told the task"
      if let agnostic = main.metrics(.clean(.taskAgnostic))?.averageAccuracy {
        sentence = "\(sentence), and on \(Figures.percent(agnostic)) when it has to infer the task"
      }
      sentences.append("\(sentence).")
    }
    if let forgetting = main.metrics(.clean(.taskAware))?.forgetting { sentences.append(memory(forgetting)) }
    if let attack = main.results.headlineAttack, let rate = MetricRow(from: attack).averageAccuracy {
      var sentence: Markup = "Under attack (\(attack.key.heading)) \(Figures.percent(rate)) are still right"
      var inferred = attack.key
      inferred.readout = .taskAgnostic
      if let agnostic = main.metrics(inferred)?.averageAccuracy {
        sentence = "\(sentence), and \(Figures.percent(agnostic)) when it has to infer the task"
      }
      sentences.append("\(sentence).")
    }
    if let (entry, slice) = certificate, let rate = MetricRow(from: slice).averageAccuracy {
      let whose: Markup = entry.label == main.label ? "its" : "the \(entry.label) network's"
      sentences.append(
        """
        A certificate guarantees \(whose) answer on \(Figures.percent(rate)) of the test images, against every
        perturbation up to \(slice.key.threat).
        """)
    }
    return sentences.joined(" ")
  }

  private func memory(_ forgetting: Double) -> Markup {
    let lost: Markup =
      forgetting == 0
      ? "It forgot nothing"
      : forgetting < 0
        ? "Earlier tasks improved by \(Figures.fixed(-100 * forgetting, 1)) points"
        : "It lost \(Figures.fixed(100 * forgetting, 1)) points on earlier tasks"
    switch main.results.nonForgetting?.verified {
    case true?: return "\(lost), and digests of everything that earlier tasks rely on prove it unchanged."
    case false?: return "\(lost); <strong class=\"bad\">digests of what earlier tasks rely on do not agree</strong>."
    case nil: return "\(lost)."
    }
  }

  /// The certified slice worth a headline: the main strategy's, or that of a contrast whose certificate says more.
  private var certificate: (Entry, MeasuredAccuracy)? {
    let slices = entries.compactMap { entry in entry.results.headlineCertificate.map { (entry, $0) } }
    return slices.max { (MetricRow(from: $0.1).averageAccuracy ?? 0) < (MetricRow(from: $1.1).averageAccuracy ?? 0) }
  }

  private var cards: [Markup] {
    [
      card("Average accuracy, task-aware", .clean(.taskAware), .averageAccuracy),
      card("Average accuracy, task-agnostic", .clean(.taskAgnostic), .averageAccuracy),
      card("Forgetting, points", .clean(.taskAware), .forgetting),
      main.results.headlineAttack.flatMap {
        card("Accuracy under attack, \($0.key.heading)", $0.key, .averageAccuracy)
      },
      certificate.flatMap { card("Certified accuracy, \($0.1.key.threat)", $0.1.key, .averageAccuracy) },
      memoryCard,
    ].compactMap(\.self)
  }

  private func card(_ title: String, _ key: MeasureKey, _ metric: ContinualMetric) -> Markup? {
    let rows = entries.map { ($0, $0.metrics(key)) }
    guard rows.contains(where: { $0.1?[metric] != nil }) else { return nil }
    let others = rows.dropFirst().map { entry, row -> Markup in
      "<dt>\(entry.label)</dt><dd>\(Figures.metric(metric, row?[metric]))</dd>"
    }
    return """
      <div class="card"><h3>\(title)</h3>
      <p class="big">\(Figures.metric(metric, rows[0].1?[metric]))</p>
      <p class="range">\(Figures.metricInterval(metric, rows[0].1?.intervals[metric]))&#160;</p>
      \(others.isEmpty ? .empty : "<dl>\(others)</dl>")</div>
      """
  }

  private var memoryCard: Markup? {
    guard entries.contains(where: { $0.results.nonForgetting != nil }) else { return nil }
    let text = { (entry: Entry) -> Markup in
      switch entry.results.nonForgetting?.verified {
      case true?: "<span class=\"good\">verified</span>"
      case false?: "<span class=\"bad\">changed</span>"
      case nil: "<span class=\"neutral\">not claimed</span>"
      }
    }
    let others = entries.dropFirst().map { "<dt>\($0.label)</dt><dd>\(text($0))</dd>" as Markup }
    let digests = main.results.nonForgetting?.digests.count ?? 0
    return """
      <div class="card"><h3>Old tasks unchanged, by digest</h3>
      <p class="big">\(text(main))</p>
      <p class="range">\(digests) digest\(digests == 1 ? "" : "s")</p>
      \(others.isEmpty ? .empty : "<dl>\(others)</dl>")</div>
      """
  }
}
