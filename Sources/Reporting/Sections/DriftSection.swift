import Results

extension Page {
  /// Of strategies that go on changing what earlier tasks use: how far earlier answers have moved, and can have.
  var driftSection: Section? {
    let drifting = entries.filter { !$0.results.drift.isEmpty }
    guard !drifting.isEmpty else { return nil }
    let broken = drifting.flatMap { $0.results.drift }.reduce(0) { $0 + $1.violations }
    let verdict: Markup =
      broken == 0
      ? "<span class=\"good\">No image moved further than its bound.</span>"
      : "<strong class=\"bad\">\(broken) image\(broken == 1 ? "" : "s") moved further than the bound.</strong>"
    let notes = Set(drifting.flatMap { $0.results.drift.compactMap(\.note) }).sorted()
    return Section(
      id: "drift", title: "How far old answers have moved",
      content: """
        <p>The distance in L2 between the logits of an earlier task's test image now and when that task was learned. The
        bound is proven for each image from the old network's activations and the norms of what changed in each layer,
        rounded outward; a prediction stands for certain where its margin is wider than the bound allows.</p>
        \(RecordTable.drift(entries).page(textColumns: 2))
        <p class="note">\(verdict)</p>
        \(notes.map { "<p class=\"note\">No bound: \($0)</p>" as Markup })
        """)
  }
}
