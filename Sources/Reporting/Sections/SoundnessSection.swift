import Results

extension Page {
  /// What is proven, what was only tried.
  var soundnessSection: Section? {
    Section(
      id: "soundness", title: "What is sound, what is empirical",
      content: """
        <div class="two">
        \(proven.isEmpty ? .empty : "<div class=\"panel\"><h4>Sound: holds for every input</h4><ul>\(proven)</ul></div>")
        <div class="panel"><h4>Empirical: what was found, not what exists</h4><ul>
        <li>Accuracy under attack is an upper bound of robust accuracy: a stronger attack may find more.</li>
        <li>Lipschitz <em>lower</em> bounds and attack distances are examples.</li>
        <li>Accuracies are of the test images named here; intervals say how far chance alone may carry them, and nothing about
        images of another origin.</li>
        <li>Attacks designed against one particular defence (adaptive attacks, Tramèr et al. 2020) cannot be automated. None
        is in this report; where gradients are masked it may flatter.</li>
        </ul></div>
        \(probabilistic)
        </div>
        """)
  }

  private var probabilistic: Markup {
    entries.contains { !$0.results.smoothing.isEmpty }
      ? """
      <div class="panel"><h4>Probabilistic: holds but for a stated chance</h4><ul>
      <li>Radii by randomized smoothing: of the network under noise, each wrong with probability at most α over the
      draws.</li></ul></div>
      """ : .empty
  }

  /// Only what this report holds is claimed.
  private var proven: [Markup] {
    var claims: [Markup] = []
    if entries.contains(where: { !$0.results.lipschitz.isEmpty }) {
      claims.append(
        "<li>Lipschitz <em>upper</em> bounds and the radii from them: double precision, rounded outward.</li>")
    }
    let labels = Set(
      entries.flatMap { $0.results.brackets.compactMap(\.soundness) + $0.results.certificates.map(\.soundness) }
    ).sorted()
    if !labels.isEmpty { claims.append("<li>Certificates hold for: \(labels.joined(separator: "; ")).</li>") }
    if let standing = main.results.lipschitz.standing {
      claims.append(
        """
        <li>Certificates that were issued when a task was learned still stand for \(standing.correct) of \(standing.n)
        tasks of \(main.label): their networks are compared number by number.</li>
        """)
    }
    if entries.contains(where: { $0.results.nonForgetting != nil }) {
      claims.append(
        """
        <li>Digests: parameters, norm statistics and heads of earlier tasks are the same bytes as before, or the report
        says which are not.</li>
        """)
    }
    if entries.contains(where: { $0.results.drift.contains { $0.largestBound != nil } }) {
      claims.append(
        "<li>Bounds on how far logits of earlier tasks have moved: double precision, rounded outward.</li>")
    }
    if entries.contains(where: { $0.results.consistency != nil }) {
      claims.append(
        "<li>certified ≤ worst case ≤ each attack ≤ clean is checked on every sample, not on averages.</li>")
    }
    return claims
  }
}
