import Results

extension Page {
  /// Where a run computed in bfloat16: how far its answers there are from those in fp32.
  var precisionSection: Section? {
    let table = RecordTable.precision(entries)
    guard !table.isEmpty else { return nil }
    return Section(
      id: "precision", title: table.title,
      content: """
        <p>Parts of this run were computed in bfloat16, whose numbers have 8 significant bits in place of 24; which
        ones, <code>compute.precision</code> in the configuration says. Every verdict, bound and certificate here is of the network in fp32. For comparison, all
        test images of each task through its last network in both.</p>
        \(table.page(textColumns: 2))
        """)
  }
}
