import Results

extension Page {
  /// Every metric and measure of the page, with formula and source: where the links in the tables lead.
  var definitionsSection: Section? {
    let metrics = ContinualMetric.allCases.map { metric -> [Markup] in
      ["<span id=\"def-\(metric.rawValue)\">\(metric.title)</span>", "\(metric.formula)", "\(metric.source)"]
    }
    return Section(
      id: "definitions", title: "Definitions",
      content: """
        <p>R[i][j] is the accuracy on task j after learning task i, b_j that of the untrained network, T the number of
        tasks, all counted from 1. A metric that needs a cell that is absent is not computed. The maximum in forgetting runs
        over the zero-shot cells that exist.</p>
        \(DataTable(
          caption: "Metrics", header: ["Metric", "Formula", "Source"], rows: metrics, numeric: false, stacks: true).markup)
        <h3>Measures</h3>
        \(DataTable(
          caption: "Measures", header: ["Measure", "Meaning", "Source"],
          rows: Glossary.measures.map { ["\($0.name)", "\($0.meaning)", "\($0.source)"] }, numeric: false, stacks: true
        ).markup)
        <p class="note">Intervals: rates have Wilson's score interval at 95&#160;% (Wilson 1927). Averages and differences of
        rates combine them by the MOVER method (Zou &amp; Donner 2008): tasks are independent, cells of one task are not, a
        maximum is treated as if its row had been chosen beforehand, and the two rows of a difference are not paired, which
        makes its interval wider than it need be.</p>
        """)
  }
}

/// What the measures mean.
enum Glossary {
  static let measures: [(name: String, meaning: String, source: String)] =
    readings + AttackKind.allCases.map { ($0.rawValue, $0.summary, $0.source) } + verdicts

  private static let readings = [
    (MeasureName.clean, "images as they are", ""),
    (
      "task-aware, task-agnostic", "the task's identity is given; it is inferred by the network",
      "van de Ven & Tolias 2019"
    ),
    (
      "task-agnostic, under attack",
      "right clean, and under the attack on the task's own network and on the readout itself; judged by the readout, on "
        + "some images of each task", ""
    ),
  ]

  private static let verdicts = [
    (MeasureName.worst, "right under every attack of this norm and ε, per sample", ""),
    (
      "turns and shifts (spatial)",
      "right as it is, and however it is turned and shifted within a range: the worst of random moves",
      "Engstrom et al. 2019"
    ),
    (
      MeasureName.certified,
      "right, and no perturbation up to ε can change it: proven by a Lipschitz bound, or where the run asks for it by "
        + "bounds on the ball around the image", "Tsuzuku et al. 2018; Zhang et al. 2018"
    ),
    (
      "certified under noise",
      "the network under Gaussian noise is right and stays so up to ε; probabilistic, each image wrong with probability "
        + "at most α", "Cohen et al. 2019"
    ),
    (
      "mean corruption error",
      "mean over corruptions of the error rate over severities; normalised: of its ratio to a reference's",
      "Hendrycks & Dietterich 2019"
    ),
    ("L∞, L2, L1", "norm of the perturbation, all pixels and channels, pixels on [0,1]", ""),
    (
      "on the grid", "the adversarial as an image of whole levels: for 8 bits at most ⌊255ε⌋ steps per pixel for L∞", ""
    ),
  ]
}
